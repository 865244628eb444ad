"""Server-sent events, read from the engine and written to the client.

Decision: docs/decisions/0021-bytes-pass-through.md.
"""
