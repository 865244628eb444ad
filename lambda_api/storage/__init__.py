"""Storage of objects: the port to a bucket, the ids of objects, and pages of lists.

Decisions: docs/decisions/0028-files-and-batches-are-objects.md and
0075-an-idempotency-key-names-an-object.md.
"""
