"""SageMaker endpoints: real-time by variant or by component, and asynchronous.

docs/decisions/0012-a-variant-is-named-after-its-instance-type.md
docs/decisions/0013-rollback-watches-errors-and-first-chunks.md
docs/decisions/0032-what-goes-to-zero-is-a-component.md
docs/decisions/0033-a-deploy-proves-the-model-again.md
docs/decisions/0035-fallback-types-share-a-model.md
"""
