"""Instance types: price, memory and speed with a model, and the GPU work that traffic takes.

Decision record: docs/decisions/0062.
"""
