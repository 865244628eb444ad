"""Adapters to AWS, the only callers of boto3: each implements a port that a capability declares.

Errors of AWS become the service's own here: docs/decisions/0022-what-failures-look-like.md.
"""
