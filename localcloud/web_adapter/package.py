"""A function's deployment package on disk."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from threading import Lock

from localcloud.ministack_hooks import Function, layer_packages
from localcloud.web_adapter.environment import NotEmulatedError

MOST_BYTES = 250 * 2**20
"""Bytes of a function and its layers, unzipped.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


_unpacking = Lock()
"""Held while a zip is unpacked: a request waits for what a deployment has begun."""


def unpack_function(function: Function, directory: Path) -> tuple[Path, list[Path]]:
    """Unpack a function and its layers; AWS's own, which the cloud plays, have no content.

    Returns:
        The roots of the package and of the layers, in order.
    """
    code, *layers = (
        unpack(package, directory) for package in (function.code, *layer_packages(function))
    )
    return code, layers


def unpack(package: bytes, directory: Path) -> Path:
    """Unpack a zip below `directory`, once per content, file modes kept.

    Returns:
        The package's root; the same for the same content.
    """
    root = directory / _name(package)
    if not root.exists():
        with _unpacking:
            if not root.exists():
                _unpack(package, root)
    return root


@lru_cache(maxsize=8)
def _name(package: bytes) -> str:
    """Return a directory's name; twenty environments of a function do not read its zip for that."""
    return sha256(package).hexdigest()[:16]


def _unpack(package: bytes, root: Path) -> None:
    root.parent.mkdir(parents=True, exist_ok=True)
    unpacked = Path(tempfile.mkdtemp(dir=root.parent))
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        for member in archive.infolist():
            extracted = Path(archive.extract(member, unpacked))
            if mode := member.external_attr >> 16 & 0o777:  # 0 in a zip made on Windows
                extracted.chmod(mode)
    unpacked.rename(root)


def check_size(function: Function, directories: Iterable[Path]) -> None:
    """Refuse what Lambda would not take.

    Raises:
        NotEmulatedError: The function and its layers have more than 250 MB.
    """
    files = (path for directory in directories for path in directory.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in files)
    if size > MOST_BYTES:
        raise NotEmulatedError(
            f"{function.name}: got {size} bytes with its layers, unzipped; must be at most "
            f"{MOST_BYTES}"
        )
