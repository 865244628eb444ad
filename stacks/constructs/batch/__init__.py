"""Batch transform under a state machine."""
