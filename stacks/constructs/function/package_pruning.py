"""Pruning of an unpacked Python package: files that a function never opens are taken out."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Collection
from pathlib import Path

_ENDPOINTS = "endpoints.json"
_BOTOCORE_DATA = frozenset(
    {"_retry.json", _ENDPOINTS, "partitions.json", "sdk-default-configuration.json"}
)
"""Files that every client of botocore reads, beside the model of the service."""

# Scripts, boto3's resource models and examples, Powertools' web framework (ours is FastAPI), tests,
# types, notes of the installer.
_UNUSED = (
    "bin",
    "boto3/data",
    "boto3/examples",
    "botocore/data/*/*/examples-1.json",
    "aws_lambda_powertools/event_handler",
    "fastapi/.agents",
    "jsonschema/benchmarks",
    "jsonschema/tests",
    "numpy/**/tests",
    "referencing/tests",
    "**/*.pyi",
    *(f"*.dist-info/{note}" for note in ("INSTALLER", "RECORD", "REQUESTED", "WHEEL", "sboms")),
)
_POWERTOOLS_UTILITIES = frozenset({"__init__.py", "jmespath_utils", "typing"})
"""The utilities that the logger imports, and types; functions of ours use no others."""


def prune(package: Path, services: Collection[str]) -> None:
    """Delete unused files of a package in place.

    Metadata stays where code reads it: OpenTelemetry finds its context by entry point.

    Args:
        package: directory of the unpacked packages.
        services: AWS's services that the code calls, by botocore's names; it has a model of each.
    """
    for path in [path for pattern in _UNUSED for path in package.glob(pattern)]:
        _delete(path)
    _keep(package / "aws_lambda_powertools" / "utilities", _POWERTOOLS_UTILITIES)
    data = package / "botocore" / "data"
    _keep(data, {*_BOTOCORE_DATA, *services})
    if data.exists():
        _prune_endpoints(data)


def _keep(directory: Path, names: Collection[str]) -> None:
    """Delete what a directory holds beside some names."""
    for path in directory.glob("*"):
        if path.name.removesuffix(".gz") not in names:
            _delete(path)


def _prune_endpoints(data: Path) -> None:
    """Keep the endpoints of the services whose models are there.

    The first client of a process parses all of the file: 30 ms and 7 MB for 300 services.
    """
    models = (gzip.decompress(path.read_bytes()) for path in data.glob("*/*/service-2.json.gz"))
    called = {json.loads(model)["metadata"]["endpointPrefix"] for model in models}
    endpoints = json.loads((data / _ENDPOINTS).read_text())
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services if name in called}
    (data / _ENDPOINTS).write_text(json.dumps(endpoints, separators=(",", ":")))


def _delete(path: Path) -> None:
    """Delete a file, or a directory whose parent may be gone already."""
    if path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)
