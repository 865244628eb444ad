"""Lambda: one unpacked package for all environments of a function."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from ministack.core import lambda_runtime

from localcloud.ministack_hooks.patching import Untyped


def share_packages(unpack: Callable[[bytes], Path]) -> None:
    """Give each environment a link to the unpacked package, which no function may write to.

    ministack unpacks the package for every environment: 200 MB and two seconds of a core for one
    that searches. With each request of a burst in an environment of its own that was the most that
    the machine did, and forty of them filled its disk.

    Args:
        unpack: Returns the directory in which a package lies unpacked.
    """
    original = lambda_runtime.Worker._spawn

    def spawn(worker: Untyped) -> None:
        _spawn(unpack, original, worker)

    lambda_runtime.Worker._spawn = spawn
    lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": _LinkedZip})


def _empty_zip() -> bytes:
    content = io.BytesIO()
    zipfile.ZipFile(content, "w").close()
    return content.getvalue()


_EMPTY: Final = _empty_zip()

_spawning = threading.local()
"""The unpacked package of the environment that this thread starts, if it may be shared."""


def _spawn(
    unpack: Callable[[bytes], Path], original: Callable[[Untyped], None], worker: Untyped
) -> None:
    if worker.config.get("Layers"):  # Node's are linked into the package's directory
        return original(worker)
    package, _spawning.root = worker.code_zip, unpack(worker.code_zip)
    worker.code_zip = _EMPTY  # written beside the link
    try:
        return original(worker)
    finally:
        worker.code_zip, _spawning.root = package, None


class _LinkedZip(zipfile.ZipFile):
    """A package whose content is a link to where it lies unpacked."""

    def extractall(self, path: Any = None, *args: Any, **options: Any) -> None:  # noqa: ANN401
        """Put the link in the place of the empty directory."""
        root: Path | None = getattr(_spawning, "root", None)
        if root is None:
            return super().extractall(path, *args, **options)
        Path(path).rmdir()
        return Path(path).symlink_to(root.absolute(), target_is_directory=True)
