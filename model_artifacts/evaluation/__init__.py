"""Quantized models, measured against the model that they were made of.

Decision record: docs/decisions/0121.
"""
