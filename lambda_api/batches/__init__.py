"""OpenAI's Batch API on SageMaker batch transform."""
