"""Pruning of an unpacked Python package: files that a function never opens are taken out."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

_BOTOCORE_DATA = frozenset(
    {"_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json"}
)
"""Files that every client of botocore reads, beside the model of the service."""

# Scripts, boto3's resource models and examples, Powertools' web framework (ours is FastAPI), tests.
_UNUSED = (
    "bin",
    "boto3/data",
    "boto3/examples",
    "aws_lambda_powertools/event_handler",
    "jsonschema/benchmarks",
    "jsonschema/tests",
    "referencing/tests",
)
_INSTALLER_NOTES = frozenset({"INSTALLER", "RECORD", "REQUESTED", "WHEEL", "sboms"})


def prune(package: Path, services: Collection[str]) -> None:
    """Delete unused files of a package in place.

    Metadata stays where code reads it: OpenTelemetry finds its context by entry point.

    Args:
        package: directory of the unpacked packages.
        services: AWS's services that the code calls, by botocore's names; it has a model of each.
    """
    for name in _UNUSED:
        shutil.rmtree(package / name, ignore_errors=True)
    for path in package.glob("numpy/**/tests"):
        shutil.rmtree(path)
    for path in (package / "botocore" / "data").glob("*"):
        if path.name.removesuffix(".gz") not in {*_BOTOCORE_DATA, *services}:
            _delete(path)
    for path in package.glob("*.dist-info/*"):
        if path.name in _INSTALLER_NOTES:
            _delete(path)
    for path in package.rglob("*.pyi"):
        path.unlink()


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
