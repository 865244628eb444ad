"""A cloud on this machine: ministack, extended with SageMaker, its runtime and streaming."""
