"""The entry points: one module per Lambda function."""
