"""The check of the weights: present, complete, and small enough for the time to load them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from doctor.checks.object_headers import Prefix, lay_out, list_prefix
from doctor.findings import Finding, failure, ok, warning
from doctor.surroundings import Surroundings
from planner.errors import PlanError
from planner.fit.stage import StageFit, stage_fit
from planner.models.model import Model
from planner.models.sources import find_model
from stacks.config import StageConfig
from stacks.engines.artifacts import artifacts_problems

_STAGE_AGAIN: Final = "copy the model again: aws s3 sync DIRECTORY {uri}"
_TOKENIZERS: Final = ("tokenizer.json", "tokenizer.model", "vocab.json", "tekken.json")
_FAST: Final = 200e6
"""Bytes a second from S3 that no time limit should count on: an assumption, AWS promises none."""


def look_at_directory(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Measure local artifacts, whose headers were read with the config."""
    if config.model.artifacts is None:
        return
    files = [f for f in (around.root / config.model.artifacts).rglob("*") if f.is_file()]
    size = sum(file.stat().st_size for file in files)
    yield ok(f"{config.model.artifacts}: {len(files)} files, {_spelled(size)}, headers read")
    yield from _download_time(config, size)


def look_in_bucket(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Look at weights that somebody has put in a bucket: a prefix, and batch's archive."""
    if config.model.s3 is not None:
        yield from _look_in_bucket(around, config, config.model.s3)
    archive = config.batch.model_archive if config.batch is not None else None
    if archive is not None:
        yield _look_at_archive(around, archive)


def loading_time(size: int, seconds: int, key: str, fast: float = _FAST) -> Finding:
    """Compare the bytes to load with the time for it.

    Args:
        size: bytes.
        seconds: longest time.
        key: beginning of the key that sets the time.
        fast: bytes a second that should not be counted on.
    """
    needed = f"{_spelled(size)} in {seconds} s are {size / seconds / 1e6:.0f} MB/s"
    if size <= fast * seconds:
        return ok(needed)
    return warning(
        f"{needed}: more than the {fast / 1e6:.0f} MB/s that one may count on",
        f"raise realtime.{key}_seconds to {math.ceil(size / fast) + 60} or more",
    )


def memory_needed(
    around: Surroundings, config: StageConfig, read: Callable[[], Model]
) -> Iterator[Finding]:
    """Hold a model that is not in the checkout against each instance type, as synth does others.

    Args:
        around: the surroundings.
        config: the stage.
        read: returns the model as it lies where the container will find it.
    """
    try:
        found = stage_fit(config, around.root, read())
    except PlanError as error:
        found = StageFit(unknown=f"{error}")
    for refusal in found.refusals:
        yield failure(refusal, f"change config/{config.stage}.toml as it says")
    if found.unknown is not None:
        yield warning(
            f"whether the model fits is not known: {found.unknown}",
            "compare its memory with the instance's before you deploy",
        )


def _download_time(config: StageConfig, size: int) -> Iterator[Finding]:
    """Compare the download with its limit; a monolith's is its function's own."""
    if config.realtime is not None:
        seconds = config.realtime.download_timeout_seconds
        yield loading_time(size, seconds, "download_timeout")


def _look_in_bucket(around: Surroundings, config: StageConfig, uri: str) -> Iterator[Finding]:
    try:
        prefix = list_prefix(around, uri)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
        yield failure(f"{uri}: there is no such bucket", "create it, or correct model.s3")
        return
    pattern = config.engine.weights
    if prefix.region not in {None, around.region}:
        yield failure(
            f"{uri} is in {prefix.region}, and SageMaker in {around.region} reads buckets of its "
            "own region",
            "copy the model to a bucket there",
        )
    if not prefix.has(pattern):
        yield failure(
            f"{uri}: got {len(prefix.sizes)} objects, none {pattern}, which engine "
            f"{config.engine.name} serves",
            _STAGE_AGAIN.format(uri=uri),
        )
        return
    yield from _inspect(around, config, prefix)
    yield from _download_time(config, prefix.bytes)


def _inspect(around: Surroundings, config: StageConfig, prefix: Prefix) -> Iterator[Finding]:
    """Inspect the headers as those of a local directory are at synth."""
    again, memory = _STAGE_AGAIN.format(uri=prefix.uri), list[Finding]()
    with TemporaryDirectory() as directory:
        lay_out(around, prefix, Path(directory))
        problems = [*artifacts_problems(Path(directory), config.engine, config.model)]
        if not problems:
            memory += memory_needed(around, config, lambda: find_model(directory))
    for problem in problems:
        yield failure(
            problem.replace(f"{directory}/", prefix.uri).replace(directory, prefix.uri), again
        )
    if config.engine.weights == "*.safetensors" and not any(map(prefix.has, _TOKENIZERS)):
        yield failure(f"{prefix.uri}: got no tokenizer ({', '.join(_TOKENIZERS)})", again)
    elif not problems:
        count = len(prefix.sizes)
        yield ok(f"{prefix.uri}: {count} objects, {_spelled(prefix.bytes)}, headers read")
    yield from memory


def _look_at_archive(around: Surroundings, uri: str) -> Finding:
    place = urlsplit(uri)
    try:
        found = around.client("s3").head_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"404", "NoSuchBucket", "NoSuchKey"}:
            raise
        return failure(f"batch.model_archive: {uri} is absent", f"aws s3 cp MODEL.tar.gz {uri}")
    return ok(f"{uri}: {_spelled(found['ContentLength'])}")


def _spelled(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
