"""Application Auto Scaling and CloudWatch alarm semantics as pure, clock-free Python.

Decision records: docs/decisions/0034, 0060 and 0061.
"""
