"""Conversion of Hugging Face checkpoints to GGUF, and quantization of GGUF files.

Decision record: docs/decisions/0030.
"""
