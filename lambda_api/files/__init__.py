"""OpenAI's Files API on a bucket.

Decision: docs/decisions/0028-files-and-batches-are-objects.md.
"""
