"""Instance types: price, memory and speed with a model, and the GPU work that traffic takes.

Decision records: docs/decisions/0062, 0102.
"""
