"""Rollouts: an approved version becomes the one that serves, is checked, and kept or undone.

The state machine calls one step after the other; each takes and returns the whole `Rollout`, so
that a step may run again. docs/decisions/0181-one-parameter-one-writer.md and 0182 say why.
"""
