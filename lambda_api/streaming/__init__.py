"""Server-sent events: read from the engine, written to the client."""
