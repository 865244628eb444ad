"""The local stage: a cloud on this machine, and a deployment into it."""

from __future__ import annotations
