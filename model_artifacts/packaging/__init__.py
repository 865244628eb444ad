"""Model directories as packages: named by their content, packed the same way every time.

A leaf that every other package may use: the standard library only.
docs/decisions/0010-local-weights-are-cdk-file-assets.md
"""
