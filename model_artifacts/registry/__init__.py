"""The versions of a model in SageMaker's registry: registered, listed, approved and rejected.

docs/decisions/0180-a-version-is-weights-and-measurements.md
"""
