"""Storage of objects: the port to a bucket, the ids of objects, and pages of lists.

Decision: docs/decisions/0028-files-and-batches-are-objects.md.
"""
