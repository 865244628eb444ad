"""A checkpoint is pushed and a job asked for; the bucket is the local cloud's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.validate import ParamValidator
from typer.testing import CliRunner

from model_artifacts.packaging.manifest import Manifest
from model_artifacts.publishing.s3 import ModelBucket
from tests.support.model_files import entry, write_checkpoint
from twin.cli import app
from twin.errors import UserError
from twin.lifecycle.gpu_quantization import start

BUCKET = "quantized"
ROLE = "arn:aws:iam::111122223333:role/quantizes"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    tensors = {"a": entry("F32", [2], 0, 8)}
    return write_checkpoint(tmp_path / "model", tensors, 8)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "heldout.txt").write_text("to calibrate on")
    return tmp_path / "heldout.txt"


class SageMaker:
    """A client that validates as botocore does, and keeps what it was asked for."""

    def __init__(self, region: str = "us-east-1") -> None:
        self.meta = boto3.client("sagemaker", region).meta
        self.asked: list[dict[str, Any]] = []

    def create_processing_job(self, **request: Any) -> None:
        operation = self.meta.service_model.operation_model("CreateProcessingJob")
        report = ParamValidator().validate(request, operation.input_shape)
        assert not report.has_errors(), report.generate_report()
        self.asked.append(request)


def test_checkpoint_script_and_text_are_where_the_job_looks(
    cloud_environment, checkpoint: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in cloud_environment.items():
        monkeypatch.setenv(name, value)
    client, sagemaker = boto3.client("s3"), SageMaker()
    client.create_bucket(Bucket=BUCKET)
    asked = {"instance_type": "ml.g5.2xlarge", "role": ROLE}
    started = start(checkpoint, text, ModelBucket(client, BUCKET), sagemaker, **asked)
    (request,) = sagemaker.asked
    assert request["ProcessingJobName"] == started.job
    assert request["AppSpecification"]["ImageUri"].startswith(
        "763104351884.dkr.ecr.us-east-1.amazonaws.com/vllm:0.30.0-gpu"
    )
    model, program = (one["S3Input"]["S3Uri"] for one in request["ProcessingInputs"])
    found = {one["Key"] for one in client.list_objects_v2(Bucket=BUCKET)["Contents"]}
    digest = Manifest.of(checkpoint).digest
    assert model == f"s3://{BUCKET}/models/{digest}/"
    assert {f"models/{digest}/model.safetensors"} <= found
    prefix = program.removeprefix(f"s3://{BUCKET}/")
    assert {f"{prefix}w4a16.py", f"{prefix}calibration.txt"} <= found
    assert started.output == f"s3://{BUCKET}/quantization/{started.job}/model/"


@pytest.mark.parametrize(
    ("instance_type", "region", "message"),
    [
        ("ml.c7i.xlarge", "us-east-1", "on: got 'ml.c7i.xlarge'; must be a type with a GPU"),
        ("g5", "us-east-1", "on: got 'g5'; must be a type with a GPU"),
        ("ml.g5.2xlarge", "xx-east-1", "region: got 'xx-east-1'; must be one of "),
    ],
)
def test_where_no_job_can_run_nothing_is_pushed(
    checkpoint: Path, text: Path, instance_type: str, region: str, message: str
) -> None:
    bucket: Any = None
    with pytest.raises(UserError, match=message):
        start(checkpoint, text, bucket, SageMaker(region), instance_type=instance_type, role=ROLE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--preset", "Q4_K_M"), "preset: got 'Q4_K_M'; must be w4a16 with --on"),
        (("--preset", "w4a16"), "text: got None; must be a file with --on"),
        (("--preset", "w4a16", "--text", "TEXT"), "role: missing; must be the ARN"),
    ],
)
def test_command_says_what_is_missing(
    checkpoint: Path, text: Path, arguments: tuple[str, ...], message: str
) -> None:
    given = [str(text) if argument == "TEXT" else argument for argument in arguments]
    command = ["model", "quantize", str(checkpoint), "--on", "ml.g5.xlarge", *given]
    found = CliRunner().invoke(app, command)
    assert isinstance(found.exception, UserError)
    assert message in str(found.exception)


def test_a_file_quantized_here_has_a_directory(tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["model", "quantize", str(tmp_path), "--preset", "Q8_0"])
    assert isinstance(found.exception, UserError)
    assert "out: missing; must be a directory" in str(found.exception)
