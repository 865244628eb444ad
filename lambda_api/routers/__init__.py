"""HTTP routes, one module for each resource; each route parses, calls a service and returns."""
