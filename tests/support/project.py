"""The project under test."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
"""The project's root directory."""
