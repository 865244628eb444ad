"""The service that runs in Lambda: an OpenAI-compatible API in front of a SageMaker endpoint.

Each package is one capability. Those that need something of AWS declare a port; `aws` implements
the ports, and `main` and `handlers` join both: docs/decisions/0001-one-app-two-doors.md.
"""
