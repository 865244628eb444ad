"""Endpoints, variants and inference components: what is deployed, and how it changes.

Decisions: 0040, one loop owns the state; 0042, the emulated part of a deployment; 0053, components
share instances; 0054, one replica set, two placements; 0056, capacity takes time.
"""
