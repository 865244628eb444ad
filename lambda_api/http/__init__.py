"""HTTP matters of every route: callers, errors, limits, and one log line a request.

Decisions: docs/decisions/0020-powertools-one-line-a-request.md and 0022-what-failures-look-like.md.
"""
