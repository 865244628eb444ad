"""Conversion of LoRA adapters for engines that read no PEFT.

Decision record: docs/decisions/0187.
"""
