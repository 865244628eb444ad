"""Builds of files and directories named by content: once, and whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path


def build_once(target: Path, build: Callable[[Path], None]) -> None:
    """Build a file or directory named by content, unless it is there already.

    It appears by a rename: what exists is complete, and two builds at once are harmless.

    Args:
        target: path that must exist afterwards.
        build: function that makes the target at another path, its argument.
    """
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".") as scratch:
        built = Path(scratch) / "built"
        build(built)
        try:
            built.rename(target)
        except OSError:
            if not target.exists():  # otherwise another build was first, with the same content
                raise
