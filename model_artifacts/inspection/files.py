"""Opening files that may hold anything: regular files only, no git-lfs pointer, JSON in bounds."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from model_artifacts.inspection.errors import InspectionError

# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_SHOWN = 60


@contextmanager
def open_file(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """Open a regular file and yield the file and its size in bytes.

    Raises:
        InspectionError: The file is absent, unreadable, no regular file or a git-lfs pointer.
    """
    try:
        # A pipe would block on opening, and a device has no size.
        if not stat.S_ISREG(path.stat().st_mode):
            raise InspectionError(f"{path}: got a directory or device; must be a regular file")
        file = path.open("rb")
    except (OSError, ValueError) as error:
        if isinstance(error, InspectionError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise InspectionError(f"{path}: {reason}; must be a readable file") from error
    with file:
        if file.read(len(_LFS_POINTER)) == _LFS_POINTER:
            raise InspectionError(
                f"{path}: got a git-lfs pointer; must be the file itself (git lfs pull fetches it)"
            )
        file.seek(0)
        yield file, os.fstat(file.fileno()).st_size


def is_directory(path: Path) -> bool:
    """Return whether the path is a directory.

    Raises:
        InspectionError: The path cannot be searched.
    """
    try:
        return path.is_dir()
    except OSError as error:
        raise InspectionError(f"{path}: {error.strerror}; must be readable") from error


def is_there(path: Path) -> bool:
    """Return whether a name is taken, even by a link to nothing.

    Raises:
        InspectionError: The directory cannot be searched.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise InspectionError(f"{path}: {error.strerror}; must be readable") from error
    return True


def read_json_object(path: Path, most_bytes: int) -> dict[str, Any]:
    """Read a JSON object from a file of at most so many bytes.

    Raises:
        InspectionError: The file cannot be read, is too long or holds no JSON object.
    """
    with open_file(path) as (file, size):
        if size > most_bytes:
            raise InspectionError(f"{path}: got {size:,} bytes; must be at most {most_bytes:,}")
        return parse_json_object(path, file.read(most_bytes))


def parse_json_object(path: Path, text: bytes) -> dict[str, Any]:
    """Parse a JSON object in which no key stands twice.

    Raises:
        InspectionError: The text is anything else; `path` names its file.
    """
    try:
        parsed = json.loads(text.decode("utf-8"), object_pairs_hook=_object)
    except RecursionError as error:
        raise InspectionError(f"{path}: got JSON nested too deeply; must be an object") from error
    except ValueError as error:
        raise InspectionError(f"{path}: got no JSON: {error}; must be an object") from error
    if not isinstance(parsed, dict):
        raise InspectionError(f"{path}: got {shown(parsed)}; must be a JSON object")
    return parsed


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(pairs)
    if len(parsed) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key {shown(max(keys, key=keys.count))} stands twice")
    return parsed


def shown(value: object) -> str:
    """Return the beginning of a value for a message; of a list or an object the kind alone."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
