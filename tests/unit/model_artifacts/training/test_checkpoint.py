"""The demo model in Hugging Face's layout: the converter makes the shipped file of it again."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import numpy as np
import pytest

from model_artifacts.inspection.report import inspect_checkpoint
from model_artifacts.training.checkpoint import DEMO, main, write_checkpoint
from tests.support.llama_checkpoint import converted

OF_THE_FILE = {"general.name", "general.description", "general.license", "general.file_type"}
OF_THE_FILE |= {"general.quantization_version", "GGUF.kv_count"}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("demo") / "checkpoint"
    write_checkpoint(DEMO, directory)
    return directory


def test_converting_it_gives_the_shipped_weights_tokenizer_and_template(checkpoint: Path):
    again, shipped = converted(checkpoint), gguf.GGUFReader(DEMO)

    assert {
        name: field.contents() for name, field in again.fields.items() if name not in OF_THE_FILE
    } == {
        name: field.contents() for name, field in shipped.fields.items() if name not in OF_THE_FILE
    }
    for one, other in zip(
        sorted(again.tensors, key=lambda tensor: tensor.name),
        sorted(shipped.tensors, key=lambda tensor: tensor.name),
        strict=True,
    ):
        weights = gguf.quants.dequantize(other.data, other.tensor_type)
        assert one.name == other.name
        # The converter writes 16 bits.
        np.testing.assert_array_equal(one.data, weights.astype(one.data.dtype))


def test_an_engine_finds_a_whole_checkpoint(checkpoint: Path):
    report = inspect_checkpoint(checkpoint)

    assert (
        report.context_length
        == json.loads((checkpoint / "config.json").read_text())["max_position_embeddings"]
    )


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "file").write_text("")

    with pytest.raises(SystemExit):
        main([str(tmp_path / "file" / "folder")])

    assert "must be a folder" in capsys.readouterr().err
