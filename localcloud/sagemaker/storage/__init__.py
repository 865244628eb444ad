"""S3, as SageMaker reads and writes it: model data, inputs and results.

Decisions: 0043, botocore's model is the contract; 0047, transform jobs share files.
"""
