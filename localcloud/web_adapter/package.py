"""A function's deployment package on disk."""

from __future__ import annotations

import io
import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path


def unpack(package: bytes, directory: Path) -> Path:
    """Unpack a zip below `directory`, once per content, file modes kept.

    Returns:
        The package's root; the same for the same content.
    """
    root = directory / sha256(package).hexdigest()[:16]
    if not root.exists():
        directory.mkdir(parents=True, exist_ok=True)
        unpacked = Path(tempfile.mkdtemp(dir=directory))
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            for member in archive.infolist():
                extracted = Path(archive.extract(member, unpacked))
                if mode := member.external_attr >> 16 & 0o777:  # 0 in a zip made on Windows
                    extracted.chmod(mode)
        unpacked.rename(root)
    return root
