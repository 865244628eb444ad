"""Batch transform under a state machine.

docs/decisions/0017-batch-has-a-model-of-its-own.md
docs/decisions/0018-a-batch-is-rounds-of-transform-jobs.md
docs/decisions/0029-a-refused-request-is-run-again-alone.md
"""
