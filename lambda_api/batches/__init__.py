"""OpenAI's Batch API on SageMaker batch transform.

Decisions: docs/decisions/0018-a-batch-is-rounds-of-transform-jobs.md,
0028-files-and-batches-are-objects.md, 0029-a-refused-request-is-run-again-alone.md,
0074-accepted-batches-end.md and 0130-batches-of-every-format.md.
"""
