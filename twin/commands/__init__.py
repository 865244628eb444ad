"""The commands, one module and one Typer app per group."""

from __future__ import annotations
