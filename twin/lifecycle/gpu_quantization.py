"""The quantization of a checkpoint on a GPU: pushed, and handed to a SageMaker processing job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model_artifacts.processing import w4a16
from model_artifacts.processing.job import QuantizationJob
from model_artifacts.publishing.s3 import ModelBucket
from model_artifacts.publishing.upload import push
from stacks.engines.images import load_images
from stacks.engines.instances import processor
from twin.errors import UserError

PRESET = "w4a16"
"""The one preset that takes a GPU."""


@dataclass(frozen=True)
class Started:
    """A job that was started.

    Attributes:
        job: name of the processing job.
        output: s3:// prefix where the quantized checkpoint will be.
    """

    job: str
    output: str


def start(
    directory: Path,
    text: Path,
    bucket: ModelBucket,
    sagemaker: Any,  # noqa: ANN401 - boto3's clients are generated
    *,
    instance_type: str,
    role: str,
    progress: Callable[[int], None] | None = None,
) -> Started:
    """Push a checkpoint, and start the job that quantizes it.

    Args:
        directory: the checkpoint's.
        text: what the job calibrates on.
        bucket: holds checkpoint, script and result.
        sagemaker: a client.
        instance_type: of the job; has a GPU.
        role: ARN of the job's role.
        progress: hears of the bytes that are pushed.

    Raises:
        UserError: The instance has no GPU, or vLLM's image is not in the region.
        PublishingError: The checkpoint cannot be pushed.
    """
    image = _image(instance_type, sagemaker.meta.region_name)
    pushed = push(directory, bucket, progress=progress)
    name = f"{PRESET}-{pushed.model.digest[:12]}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    prefix = f"quantization/{name}"
    for source, key in ((Path(w4a16.__file__), "w4a16.py"), (text, "calibration.txt")):
        bucket.put(source.read_bytes(), f"{prefix}/program/{key}")
    job = QuantizationJob(
        name=name,
        image=image,
        instance_type=instance_type,
        role=role,
        model=pushed.uri,
        program=f"s3://{bucket.name}/{prefix}/program/",
        output=f"s3://{bucket.name}/{prefix}/model/",
    )
    sagemaker.create_processing_job(**job.request())
    return Started(name, job.output)


def _image(instance_type: str, region: str) -> str:
    """Return the address of vLLM's image, the newest that this project deploys."""
    try:
        kind = processor(instance_type)
    except ValueError:
        kind = "cpu"
    image = load_images().find("vllm", "gpu")
    if kind != "gpu" or image is None:
        raise UserError(f"on: got {instance_type!r}; must be a type with a GPU, as ml.g5.2xlarge")
    if region not in image.accounts:
        regions = ", ".join(image.accounts)
        raise UserError(f"region: got {region!r}; must be one of {regions}, which have {image.tag}")
    return f"{image.accounts[region]}.dkr.ecr.{region}.amazonaws.com/{image.repository}:{image.tag}"
