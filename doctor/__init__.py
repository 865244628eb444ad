"""A look at the account before a deployment: read only, each line with a remedy.

docs/decisions/0173-doctor-looks-before-a-deployment.md
"""
