"""Model archives: a `model.tar.gz` as SageMaker unpacks it to /opt/ml/model."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path

from model_artifacts.packaging.manifest import Manifest


def pack(manifest: Manifest, archive: Path) -> None:
    """Write the files of a manifest as a tar.gz: the same bytes for the same files.

    The archive holds no times, no owners and no name of its own. Weights hardly compress, so the
    fastest level is as good as any.

    Args:
        manifest: what is packed, in this order.
        archive: file to write; replaced if it exists.
    """
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, path in manifest.files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = path.stat().st_size, 0o644
            with path.open("rb") as content:
                tar.addfile(member, content)
