"""The manifest of a model directory: its files, and one digest of their names and content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Manifest:
    """The files that belong to a model.

    Attributes:
        files: path of each file by its name in the directory, with "/" between the parts.
    """

    files: Mapping[str, Path]

    @classmethod
    def of(cls, directory: Path) -> Self:
        """List a directory's files in the order of their paths; hidden ones stay behind."""
        files = sorted(path for path in directory.rglob("*") if _is_shown(path, directory))
        return cls({path.relative_to(directory).as_posix(): path for path in files})

    @property
    def digest(self) -> str:
        """SHA-256 of the files' names and content, in hex digits: the same model, the same one."""
        return digest_of({name: _sha256(path) for name, path in self.files.items()})


def digest_of(checksums: Mapping[str, str]) -> str:
    """Return the digest of a model: SHA-256 over a line for each file.

    Args:
        checksums: SHA-256 of each file's content, in hex digits, by name; in a manifest's order.
    """
    total = hashlib.sha256()
    for name, content in checksums.items():
        total.update(f"{name}\0{content}\n".encode())
    return total.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_shown(path: Path, directory: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(directory).parts)
    return path.is_file() and not hidden
