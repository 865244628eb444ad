"""S3, as SageMaker reads and writes it."""
