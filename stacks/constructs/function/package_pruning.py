"""Takes out of an unpacked Python package what a function never opens."""

from __future__ import annotations

import shutil
from pathlib import Path

# botocore carries a model of every AWS service. These are the ones the app calls, and what every
# client reads.
_BOTOCORE_DATA = frozenset(
    {
        "cloudwatch",
        "dynamodb",
        "s3",
        "sagemaker-runtime",
        "secretsmanager",
        "sqs",
        "stepfunctions",
        "_retry.json",
        "endpoints.json",
        "partitions.json",
        "sdk-default-configuration.json",
    }
)
# Scripts, boto3's resource models and examples, Powertools' web framework (ours is FastAPI).
_UNUSED = ("bin", "boto3/data", "boto3/examples", "aws_lambda_powertools/event_handler")
_INSTALLER_NOTES = frozenset({"INSTALLER", "RECORD", "REQUESTED", "WHEEL", "sboms"})


def prune(package: Path) -> None:
    """Delete unused files of a package in place.

    Metadata stays where code reads it: OpenTelemetry finds its context by entry point.
    """
    for name in _UNUSED:
        shutil.rmtree(package / name, ignore_errors=True)
    for path in (package / "botocore" / "data").glob("*"):
        if path.name.removesuffix(".gz") not in _BOTOCORE_DATA:
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
