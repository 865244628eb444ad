"""The REST API: routes, keys, errors."""
