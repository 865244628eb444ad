"""Zips of packages: the same bytes for the same content."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

Part: TypeAlias = tuple[str, Path]
"""A directory, and the path that its files have in the zip: "" for the root."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip can tell."""

_MODE, _EXECUTABLE_MODE = 0o644, 0o755


def write_zip(target: Path, parts: Iterable[Part]) -> None:
    """Write the files of some directories; of their modes a zip keeps who may execute them."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for below, directory in parts:
            for path in sorted(directory.rglob("*")):
                if path.is_file():
                    name = Path(below) / path.relative_to(directory)
                    info = zipfile.ZipInfo(name.as_posix(), _EPOCH)
                    mode = _EXECUTABLE_MODE if path.stat().st_mode & 0o100 else _MODE
                    info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
                    archive.writestr(info, path.read_bytes(), compresslevel=1)
