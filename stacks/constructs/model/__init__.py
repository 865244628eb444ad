"""SageMaker models: image, weights, role.

docs/decisions/0010-local-weights-are-cdk-file-assets.md
docs/decisions/0011-one-template-for-every-region.md
docs/decisions/0017-batch-has-a-model-of-its-own.md
"""
