"""Files that may hold anything: regular ones only, no git-lfs pointer, JSON in bounds."""

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
MOST = 10**9
MOST_LAYERS = 10_000


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


class Fields:
    """An object of a config file, whose values are checked as they are taken."""

    def __init__(self, where: object, raw: dict[str, Any]) -> None:
        """Take the object; `where` names the file in messages."""
        self._where, self._raw = where, raw

    def error(self, key: str, allowed: str) -> InspectionError:
        """Return the refusal of a key's value."""
        got = shown(self._raw[key]) if self.has(key) else "none"
        return InspectionError(f"{self._where}: {key}: got {got}; must be {allowed}")

    def has(self, key: str) -> bool:
        """Return whether a key has a value that is not null."""
        return self._raw.get(key) is not None

    def section(self, key: str) -> dict[str, Any]:
        """Return an object; an empty one where there is none."""
        found = self._raw.get(key)
        if found is not None and not isinstance(found, dict):
            raise self.error(key, "an object")
        return found or {}

    def number(self, keys: tuple[str, ...], most: int = MOST) -> int | None:
        """Return the number under the first key that is there, or None."""
        key = next((key for key in keys if self._raw.get(key) is not None), None)
        if key is None:
            return None
        found = self._raw[key]
        if type(found) is not int or not 1 <= found <= most:
            raise self.error(key, f"1 to {most}")
        return found

    def count(self, keys: tuple[str, ...]) -> int:
        """Return the number under the first key that is there; 0 where none is."""
        key = next((key for key in keys if self._raw.get(key) is not None), None)
        if key is None or (type(self._raw[key]) is int and self._raw[key] == 0):
            return 0
        return self.number((key,)) or 0

    def needed(self, keys: tuple[str, ...], most: int = MOST) -> int:
        """Return the number under the first key that is there; one must be."""
        found = self.number(keys, most)
        if found is None:
            raise self.error(keys[0], f"there, from 1 to {most}")
        return found

    def needed_vocabulary(self) -> int:
        """Return the number of tokens known."""
        return self.needed(("vocab_size", "padded_vocab_size"))

    def numbers(self, key: str) -> list[int]:
        """Return a list of whole numbers; an empty one where there is none."""
        found = self._raw.get(key) or []
        if not isinstance(found, list) or not all(type(n) is int for n in found):
            raise self.error(key, "a list of whole numbers")
        return found

    def names(self, key: str, count: int) -> list[str] | None:
        """Return a list of so many names, or None where there is none."""
        found = self._raw.get(key)
        if not found:
            return None
        is_list = isinstance(found, list) and len(found) == count
        if not is_list or not all(isinstance(name, str) for name in found):
            raise self.error(key, f"a list of {count} names")
        return [str(name) for name in found]

    def name(self, key: str) -> str | None:
        """Return a text, or None where the value is none."""
        found = self._raw.get(key)
        return found if isinstance(found, str) else None

    def flag(self, key: str, default: bool = False) -> bool:
        """Return a truth value; the default where none is said."""
        found = self._raw.get(key)
        return found if isinstance(found, bool) else default
