"""A local artifact directory reaches S3 through the CDK CLI, file by file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.model_files import SMALL_GGUF
from tests.support.synthesized import Synthesized


def published(assembly: Path) -> dict[str, Path]:
    """Key in the asset bucket -> file, of all weights a synth wants published."""
    manifest = json.loads((assembly / "twin-local-serving.assets.json").read_text())
    return {
        destination["objectKey"]: assembly / asset["source"]["path"]
        for asset in manifest["files"].values()
        for destination in asset["destinations"].values()
        if destination["objectKey"].startswith("models/")
    }


def test_files_keep_their_names_and_content_below_one_prefix(local: Synthesized) -> None:
    files = published(local.assembly)
    assert {key.rpartition("/")[2]: path.read_bytes() for key, path in files.items()} == {
        "tiny.gguf": SMALL_GGUF,
        "README.md": b"the card",
    }
    assert len({key.rpartition("/")[0] for key in files}) == 1


def test_the_model_reads_the_prefix_uncompressed(local: Synthesized) -> None:
    source = local.serving.only("AWS::SageMaker::Model")["PrimaryContainer"]["ModelDataSource"]
    prefix = next(iter(published(local.assembly))).rpartition("/")[0]
    assert source["S3DataSource"]["S3DataType"] == "S3Prefix"
    assert source["S3DataSource"]["CompressionType"] == "None"
    assert source["S3DataSource"]["S3Uri"]["Fn::Join"][1] == [
        "s3://",
        {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"},
        f"/{prefix}/",
    ]


def test_the_template_names_every_object_so_that_cdk_gc_keeps_it(local: Synthesized) -> None:
    template = json.dumps(local.serving.raw)
    assert all(key in template for key in published(local.assembly))


@pytest.fixture
def publish(tmp_path: Path) -> Any:
    """Synthesizes a stack with a directory's weights; returns them and what is published."""
    from aws_cdk import App, Stack

    from stacks.constructs.model.weights import Weights

    def publish(directory: Path) -> tuple[Weights, dict[str, Path]]:
        outdir = tmp_path / "cdk.out"
        app = App(outdir=str(outdir))
        weights = Weights.from_directory(Stack(app, "twin-local-serving"), directory)
        app.synth()
        return weights, published(outdir)

    return publish


def test_names_that_differ_in_their_last_part_only_are_all_published(
    publish: Any, tmp_path: Path
) -> None:
    names = ["tokenizer.json", "tokenizer.model", "tokenizer", "a.b.c", "sub/tokenizer.json"]
    for name in names:
        (tmp_path / "weights" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "weights" / name).write_text(name)
    weights, files = publish(tmp_path / "weights")
    assert {key: path.read_text() for key, path in files.items()} == {
        weights.prefix + name: name for name in names
    }


def test_a_changed_file_is_another_prefix_and_so_another_model(
    publish: Any, tmp_path: Path
) -> None:
    directory = tmp_path / "weights"
    directory.mkdir()
    (directory / "model.gguf").write_text("one")
    before, _ = publish(directory)
    same, _ = publish(directory)
    (directory / "model.gguf").write_text("two")
    after, _ = publish(directory)
    assert before.prefix == same.prefix != after.prefix
