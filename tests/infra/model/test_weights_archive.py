"""A local artifact directory reaches batch transform as one archive, published by the CDK CLI."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.synthesized import Synthesized


@pytest.fixture
def pack(tmp_path: Path) -> Callable[..., Path]:
    """Synthesizes a stack with a directory's archive; returns the archive."""
    from aws_cdk import App, Stack

    from stacks.constructs.model.weights_archive import WeightsArchive

    def pack(directory: Path, build: str = "build") -> Path:
        stack = Stack(App(outdir=str(tmp_path / "cdk.out")), "Stack")
        archive = WeightsArchive.from_directory(stack, directory, build=tmp_path / build)
        return tmp_path / build / archive.key.removeprefix("models/")

    return pack


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    directory = tmp_path / "weights"
    (directory / "sub").mkdir(parents=True)
    for name in ("model.gguf", "sub/tokenizer.json", ".DS_Store"):
        (directory / name).write_text(name)
    return directory


def test_an_archive_is_packed_once(pack: Callable[..., Path], weights: Path) -> None:
    before = pack(weights).stat()
    assert pack(weights).stat().st_mtime_ns == before.st_mtime_ns


def test_a_changed_file_is_another_archive(pack: Callable[..., Path], weights: Path) -> None:
    before = pack(weights)
    (weights / "model.gguf").write_text("other")
    assert pack(weights).name != before.name


def published(stage: Synthesized) -> dict[str, Path]:
    manifest = json.loads((stage.assembly / "twin-local-batch.assets.json").read_text())
    return {
        destination["objectKey"]: stage.assembly / asset["source"]["path"]
        for asset in manifest["files"].values()
        for destination in asset["destinations"].values()
        if destination["objectKey"].startswith("models/")
    }


def container(stage: Synthesized) -> dict[str, Any]:
    definition: dict[str, Any] = stage.batch.only("AWS::SageMaker::Model")["PrimaryContainer"]
    return definition


def test_the_model_names_the_archive_that_is_published(local: Synthesized) -> None:
    ((key, path),) = published(local).items()
    assert key.endswith(".tar.gz")
    assert container(local)["ModelDataUrl"]["Fn::Join"][1][-1] == f"/{key}"
    with tarfile.open(path) as tar:
        assert tar.getnames() == ["README.md", "tiny.gguf"]


def test_the_model_may_read_the_archive_and_nothing_beside_it(local: Synthesized) -> None:
    ((key, _),) = published(local).items()
    (role,) = [
        model["ExecutionRoleArn"]["Fn::GetAtt"][0]
        for model in local.batch.properties("AWS::SageMaker::Model")
    ]
    read = {resource for action, resource in local.batch.rights(role) if action == "s3:GetObject"}
    assert read == {f"/{key}", "/batches/*"}


def test_a_container_with_an_archive_is_cut_off_from_the_network(
    local: Synthesized, prod: Synthesized
) -> None:
    assert local.batch.only("AWS::SageMaker::Model")["EnableNetworkIsolation"] is True
    assert prod.batch.only("AWS::SageMaker::Model")["EnableNetworkIsolation"] is False
    assert "ModelDataUrl" not in container(prod)


def test_a_staged_model_is_read_from_the_archive_that_config_names(
    synthesize: Callable[..., Synthesized],
) -> None:
    staged = synthesize(
        "prod",
        model={"hub": None, "s3": "s3://weights/twin/v1/"},
        batch={"model_archive": "s3://weights/twin/v1.tar.gz"},
    )
    assert container(staged)["ModelDataUrl"] == "s3://weights/twin/v1.tar.gz"
