"""The recipe of the demo model: its text, its tokenizer, its training and its evaluation.

Decision record: docs/decisions/0031.
"""
