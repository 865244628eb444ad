"""Pruning deletes what functions never open, and keeps what the app's AWS clients read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stacks.constructs.function.package import CALLED, Source
from stacks.constructs.function.package_pruning import prune
from tests.support.project import PROJECT

CLIENT = re.compile(r'(?:boto3|session)\.client\(\s*"([a-z0-9-]+)"')


def services_called(package: str = "lambda_api") -> set[str]:
    """The AWS services a package makes clients of."""
    sources = (PROJECT / package).rglob("*.py")
    return {name for path in sources for name in CLIENT.findall(path.read_text())}


def test_the_app_calls_the_services_we_know_of() -> None:
    known = {"cloudwatch", "s3", "sagemaker-runtime", "secretsmanager", "stepfunctions"}
    assert known <= services_called()


@pytest.mark.parametrize("package", ["lambda_api", "features"])
def test_each_package_keeps_the_models_of_what_it_calls(package: Source) -> None:
    assert services_called(package) <= CALLED[package]


def test_pruning_keeps_what_clients_read(tmp_path: Path) -> None:
    kept = [
        *(f"botocore/data/{service}/1/service-2.json.gz" for service in services_called()),
        "botocore/data/endpoints.json",
        "botocore/data/partitions.json",
        "opentelemetry_api-1.0.dist-info/entry_points.txt",
        "botocore/cacert.pem",
    ]
    dropped = [
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "boto3/data/s3/2006-03-01/resources-1.json",
        "bin/uvicorn",
        "numpy/lib/tests/test_io.py",
        "botocore/py.pyi",
        "opentelemetry_api-1.0.dist-info/RECORD",
    ]
    for name in [*kept, *dropped]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    prune(tmp_path, services_called())
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == set(kept)
