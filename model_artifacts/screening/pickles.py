"""Pickles: files that run code while they are loaded.

https://docs.python.org/3/library/pickle.html, and for the archives of torch.save
https://docs.pytorch.org/docs/stable/notes/serialization.html
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from model_artifacts.screening.errors import ScreeningError

_SUFFIXES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}
# The opcode PROTO and a protocol's number begin every pickle from protocol 2 on.
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_ZIP = b"PK\x03\x04"


def check_pickle(file: Path) -> None:
    """Refuse a pickle, known by name or first bytes, and a zip with one inside.

    Raises:
        ScreeningError: It is one, or cannot be read.
    """
    if file.suffix.lower() in _SUFFIXES:
        raise _refusal(file, f"a {file.suffix} file")
    try:
        with file.open("rb") as content:
            start = content.read(len(_ZIP))
    except OSError as error:
        raise ScreeningError(f"{file}: {error.strerror}; must be readable") from error
    if _PICKLE.match(start):
        raise _refusal(file, "a pickle")
    if start == _ZIP and (member := _pickle_inside(file)):
        raise _refusal(file, f"a zip with a pickle ({member[:60]!r})")


def _pickle_inside(file: Path) -> str | None:
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                with archive.open(member) as content:
                    if _PICKLE.match(content.read(2)):
                        return member.filename
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise ScreeningError(f"{file}: got a zip that cannot be read: {error}") from error
    return None


def _refusal(file: Path, found: str) -> ScreeningError:
    return ScreeningError(
        f"{file}: got {found}, which can run code when it is loaded; convert to safetensors"
    )
