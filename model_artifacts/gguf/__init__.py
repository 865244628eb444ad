"""Conversion of Hugging Face checkpoints to GGUF, and quantization of GGUF files: ADR 0030."""
