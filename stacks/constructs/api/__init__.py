"""The REST API: routes, keys, errors.

docs/decisions/0001-one-app-two-doors.md
docs/decisions/0036-cold-starts-are-agreed-on-in-a-table.md
docs/decisions/0037-engine-metrics-cross-a-bridge.md
"""
