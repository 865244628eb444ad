"""Models as the planner sees them: shape, bytes of the weights, bytes of the KV cache.

Decision record: docs/decisions/0100.
"""
