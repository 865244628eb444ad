"""The Python that functions run on: this interpreter without any of its packages."""

from __future__ import annotations

import venv
from pathlib import Path


def bare_interpreter(directory: Path) -> Path:
    """Make an interpreter that finds the standard library and nothing else installed here.

    A Lambda runtime offers a function no packages but its own, and so does an empty virtual
    environment: a dependency missing from a deployment package fails here as it would there.

    Returns:
        `<directory>/bin/python`; put that `bin` first on `PATH` for scripts that call `python`.
    """
    venv.EnvBuilder(with_pip=False, symlinks=True).create(directory)
    return directory / "bin" / "python"
