"""Refusal of model files that could run code, before they are read further or travel.

Nothing of a model is executed or unpickled here. Decision record: docs/decisions/0120.
"""
