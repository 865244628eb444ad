"""Engines behind the endpoint: the JSON of their answers, and their metrics.

Decisions: docs/decisions/0021-bytes-pass-through.md and 0037-engine-metrics-cross-a-bridge.md.
"""
