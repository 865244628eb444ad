"""A client of a deployed stage: conversations in the terminal, and files of requests."""

from __future__ import annotations
