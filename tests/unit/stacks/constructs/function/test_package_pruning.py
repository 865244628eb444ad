"""Pruning deletes what functions never open, and keeps what the app's AWS clients read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import botocore
import botocore.session
import pytest
from botocore.regions import EndpointResolver

from stacks.constructs.function.package import CALLED, Source, fetch_dependencies
from stacks.constructs.function.package_pruning import prune
from tests.support.project import PROJECT

ENDPOINTS = "botocore/data/endpoints.json"
ENVIRONMENT = {
    "TWIN_STAGE": "local",
    "TWIN_ENDPOINT_NAME": "twin-local",
    "TWIN_MODEL_ID": "twin-demo",
    "TWIN_ENGINE": "llama-cpp",
    "AWS_DEFAULT_REGION": "us-east-1",
}
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
        *(f"botocore/data/{service}/1/waiters-2.json" for service in services_called()),
        "aws_lambda_powertools/utilities/typing/lambda_context.py",
        "botocore/data/partitions.json",
        "opentelemetry_api-1.0.dist-info/entry_points.txt",
        "botocore/cacert.pem",
    ]
    dropped = [
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "botocore/data/s3/2006-03-01/examples-1.json",
        "aws_lambda_powertools/utilities/parser/parser.py",
        "boto3/data/s3/2006-03-01/resources-1.json",
        "bin/uvicorn",
        "numpy/lib/tests/test_io.py",
        "botocore/py.pyi",
        "opentelemetry_api-1.0.dist-info/RECORD",
    ]
    for name in [*kept, *dropped]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ENDPOINTS).write_text('{"partitions": []}')
    prune(tmp_path, services_called())
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {*kept, ENDPOINTS}


@pytest.mark.parametrize("package", ["lambda_api", "features"])
def test_what_is_called_has_the_endpoints_that_it_had(package: Source, tmp_path: Path) -> None:
    installed = Path(botocore.__file__).parent / "data"
    kept = tmp_path / "botocore" / "data"
    for service in CALLED[package]:
        shutil.copytree(installed / service, kept / service)
    shutil.copy(installed / "endpoints.json", kept)
    prune(tmp_path, CALLED[package])
    before, after = (
        EndpointResolver(json.loads((data / "endpoints.json").read_text()))
        for data in (installed, kept)
    )
    session = botocore.session.get_session()
    for service in CALLED[package]:
        prefix = session.get_service_model(service).endpoint_prefix
        for partition in before.get_available_partitions():
            regions = before.get_available_endpoints(prefix, partition, allow_non_regional=True)
            assert regions == after.get_available_endpoints(prefix, partition, True)
            for region in [*regions, "mars-north-1"]:
                found = after.construct_endpoint(prefix, region)
                assert found == before.construct_endpoint(prefix, region), (service, region)
    assert (kept / "endpoints.json").stat().st_size < 150_000


def test_every_module_of_ours_is_imported_beside_what_is_left() -> None:
    dependencies = fetch_dependencies(PROJECT, platform="host")
    modules = [
        path.relative_to(PROJECT).with_suffix("").as_posix().replace("/", ".")
        for path in (PROJECT / "lambda_api").rglob("*.py")
        if path.stem != "__init__"
    ]
    program = (
        "import sys, importlib; sys.path[:0] = sys.argv[1:3]\n"
        "for name in sys.argv[3:]: importlib.import_module(name)"
    )
    command = [sys.executable, "-I", "-S", "-c", program, str(dependencies), str(PROJECT)]
    subprocess.run([*command, *modules], check=True, env=ENVIRONMENT)
