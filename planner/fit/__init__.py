"""Models that fit, and how much room they leave: memory of GPUs, and speeds of instances.

Decision records: docs/decisions/0101, 0104, 0152.
"""
