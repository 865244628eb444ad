"""The service that runs in Lambda: an OpenAI-compatible API in front of a SageMaker endpoint."""
