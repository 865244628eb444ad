"""Cold starts: callers of an endpoint without capacity are rejected, held or queued.

Decisions: docs/decisions/0023-what-a-caller-meets-at-a-cold-endpoint.md, 0024-a-wake-is-one-item.md
and 0036-cold-starts-are-agreed-on-in-a-table.md.
"""
