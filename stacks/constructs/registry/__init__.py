"""The model registry: the group of versions, its bucket, and the accounts that may read both.

docs/decisions/0180-a-version-is-weights-and-measurements.md
"""
