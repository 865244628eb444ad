"""Reading: made-up documents, functions and facts, and where attention should look for the answer.

Decision record: docs/decisions/0201-the-demo-model-is-two-streams.md.
"""
