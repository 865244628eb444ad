"""Entry points: one module for each Lambda function.

Decision: docs/decisions/0001-one-app-two-doors.md.
"""
