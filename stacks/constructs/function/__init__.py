"""Lambda functions: code, environment, layers.

docs/decisions/0015-the-functions-package.md
"""
