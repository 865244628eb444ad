"""SageMaker's operations: requests accepted or refused, and the changes they begin.

Decisions: 0042, the emulated part of a deployment; 0043, botocore's model is the contract; 0048,
state machines run transform jobs; 0053, inference components.
"""
