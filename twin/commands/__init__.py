"""The commands: a module with a Typer app for each group."""

from __future__ import annotations
