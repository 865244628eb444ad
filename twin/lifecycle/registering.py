"""The registration of a model directory that was pushed."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lambda_api.rollouts.golden_check import (
    LONGEST_SECONDS,
    GoldenFileError,
    allowed_seconds,
    parse_golden,
)
from model_artifacts.evaluation.report import QuantizationReport
from model_artifacts.inspection.model_card import read_base_model, read_license
from model_artifacts.inspection.report import inspect_model
from model_artifacts.packaging.manifest import Manifest
from model_artifacts.publishing.download import read_published
from model_artifacts.registry.errors import RegistryError
from model_artifacts.registry.registration import Registration
from model_artifacts.registry.version import Version
from twin.environment import PROJECT
from twin.lifecycle.stage import ModelStage


def register(stage: ModelStage, directory: Path, report: Path | None) -> tuple[Version, bool]:
    """Register a pushed directory; return the version, and whether it is new.

    Raises:
        InspectionError: The directory is no model.
        PublishingError: It was not pushed, or its push is unfinished.
        RegistryError: Its checks cannot be read.
        ReportError: The report is none, or of another model.
    """
    digest = Manifest.of(directory).digest
    published = read_published(stage.bucket, digest)
    check_golden(directory / stage.config.model_rollout.golden)
    metadata, address = _metadata(directory), None
    if report is not None:
        measured = QuantizationReport.read(report)
        measured.check_of({file.sha256 for file in published.files})
        metadata |= {"quantization": measured.preset, "kl-mean": f"{measured.kl_mean:.4f}"}
        key = f"models/{digest}.report.json"
        stage.bucket.put(report.read_bytes(), key)
        address = f"s3://{stage.bucket.name}/{key}"
    registration = Registration(
        group=stage.versions.group,
        bucket=stage.bucket_name,
        digest=digest,
        image=stage.image,
        report=address,
        commit=commit_of(PROJECT),
        metadata=metadata,
    )
    return stage.versions.register(registration)


def commit_of(directory: Path) -> str:
    """Return the commit of a checkout, with "-dirty" where files differ; empty without git."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"],  # noqa: S607
            cwd=directory,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip()


def check_golden(path: Path) -> None:
    """Refuse a file of golden checks that no rollout can read, or that may not end in time.

    Raises:
        RegistryError: It is such a file.
    """
    if not path.exists():
        return
    try:
        checks = parse_golden(path.read_bytes())
    except GoldenFileError as error:
        raise RegistryError(f"{path}: {error}") from error
    if (seconds := allowed_seconds(checks)) > LONGEST_SECONDS:
        raise RegistryError(
            f"{path}: got checks that may take {seconds / 60:.0f} minutes, four at a time, by "
            f"their max_seconds; must take at most {LONGEST_SECONDS // 60}"
        )


def _metadata(directory: Path) -> dict[str, str]:
    found = inspect_model(directory)
    return {
        "architecture": found.architecture or "",
        "quantization": found.quantization or "",
        "context": str(found.context_length or ""),
        "base": read_base_model(directory) or "",
        "license": read_license(directory) or "",
    }
