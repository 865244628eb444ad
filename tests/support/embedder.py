"""The embedder's files as the functions have them, unpacked once from the locked package."""

from __future__ import annotations

from pathlib import Path

from stacks.constructs.function.embedder import embedder_directory as unpacked
from tests.support.project import PROJECT


def embedder_directory() -> Path:
    return unpacked(PROJECT)
