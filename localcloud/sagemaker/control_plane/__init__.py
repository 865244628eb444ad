"""SageMaker's operations: what they accept, and what comes of them."""
