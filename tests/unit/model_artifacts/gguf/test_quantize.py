"""Quantized files hold the same model within the error of their type."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest

from model_artifacts.gguf import quantize as module
from model_artifacts.gguf.presets import PRESETS
from model_artifacts.gguf.quantize import Fallback, QuantizationError, quantize
from tests.support.model_files import SMALL_GGUF, gguf_bytes, string, uint32

ROW = 256


@pytest.fixture
def weights():
    return np.random.default_rng(0).normal(size=(4, ROW)).astype(np.float32)


def write_gguf(path: Path, matrix) -> Path:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_token_list(["a", "b"])
    writer.add_tensor("blk.0.ffn_up.weight", matrix.astype(np.float16))
    writer.add_tensor("token_embd.weight", matrix.astype(np.float16))
    writer.add_tensor("output_norm.weight", matrix[0])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def source(tmp_path, weights):
    return write_gguf(tmp_path / "source.gguf", weights)


def restored(path: Path):
    return {
        tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        for tensor in gguf.GGUFReader(path).tensors
    }


# Root mean square error over the weights' own root mean square; normal weights, seen plus a margin.
@pytest.mark.parametrize(
    ("type_name", "bound"),
    [("Q8_0", 0.01), ("Q6_K", 0.03), ("Q5_1", 0.05), ("Q5_0", 0.06), ("Q5_K", 0.05),
     ("Q4_K", 0.10), ("Q4_1", 0.10), ("Q4_0", 0.12), ("Q5_K_M", 0.05), ("Q4_K_M", 0.10)],
)  # fmt: skip
def test_error_stays_within_the_bound_of_the_type(source, weights, tmp_path, type_name, bound):
    quantize(source, tmp_path / "out.gguf", type_name)
    matrix = restored(tmp_path / "out.gguf")["blk.0.ffn_up.weight"]
    error = np.sqrt(np.mean((matrix - weights) ** 2) / np.mean(weights**2))
    assert 0 < error < bound


def test_every_type_has_a_bound():
    (mark,) = test_error_stays_within_the_bound_of_the_type.pytestmark
    assert {name for name, _ in mark.args[1]} == set(PRESETS)


def test_vectors_stay_floats_and_fields_are_kept(source, weights, tmp_path):
    quantize(source, tmp_path / "out.gguf", "Q4_0")
    reader = gguf.GGUFReader(tmp_path / "out.gguf")
    np.testing.assert_array_equal(restored(tmp_path / "out.gguf")["output_norm.weight"], weights[0])
    assert reader.get_field("general.name").contents() == "tiny"
    assert reader.get_field("tokenizer.ggml.tokens").contents() == ["a", "b"]
    assert reader.get_field("general.file_type").contents() == gguf.LlamaFileType.MOSTLY_Q4_0


def test_embeddings_keep_six_bits_in_a_k_quant(source, tmp_path):
    quantize(source, tmp_path / "out.gguf", "Q4_K")
    types = {t.name: t.tensor_type.name for t in gguf.GGUFReader(tmp_path / "out.gguf").tensors}
    assert types["token_embd.weight"] == "Q6_K"
    assert types["blk.0.ffn_up.weight"] == "Q4_K"


def test_unknown_type_lists_the_allowed_ones(source, tmp_path):
    with pytest.raises(QuantizationError, match=r"unknown preset 'Q3'; allowed: Q8_0, "):
        quantize(source, tmp_path / "out.gguf", "Q3")


def test_quantized_source_is_refused(source, tmp_path):
    quantize(source, tmp_path / "once.gguf", "Q8_0")
    with pytest.raises(QuantizationError, match="is Q8_0 already; allowed: F16, F32"):
        quantize(tmp_path / "once.gguf", tmp_path / "twice.gguf", "Q4_0")


@pytest.mark.parametrize(
    ("preset", "row", "used"),
    [
        ("Q4_K", 64, "Q5_0"),
        ("Q5_K", 64, "Q5_1"),
        ("Q6_K", 64, "Q8_0"),
        ("Q4_K", 40, "F16"),
        ("Q8_0", 40, "F16"),
    ],
)
def test_rows_that_do_not_fill_whole_blocks_fall_back(tmp_path, weights, preset, row, used):
    source = write_gguf(tmp_path / "narrow.gguf", weights[:, :row])
    fallbacks = quantize(source, tmp_path / "out.gguf", preset)
    wanted = "Q6_K" if preset.endswith("K") else preset
    assert fallbacks[0] == Fallback("blk.0.ffn_up.weight", row, preset, used)
    assert fallbacks[1].wanted == wanted
    matrix = restored(tmp_path / "out.gguf")["blk.0.ffn_up.weight"]
    assert np.abs(matrix - weights[:, :row]).mean() < 0.2


def test_tensor_read_in_pieces_is_quantized_alike(source, tmp_path, monkeypatch):
    quantize(source, tmp_path / "whole.gguf", "Q4_K")
    monkeypatch.setattr(module, "ROWS_ELEMENTS", ROW)
    quantize(source, tmp_path / "pieces.gguf", "Q4_K")
    assert (tmp_path / "whole.gguf").read_bytes() == (tmp_path / "pieces.gguf").read_bytes()


def test_recipe_for_a_mixture_of_experts_is_refused(tmp_path, weights):
    writer = gguf.GGUFWriter(tmp_path / "moe.gguf", "llama")
    writer.add_tensor("blk.0.ffn_gate_inp.weight", weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(QuantizationError, match=r"ffn_gate_inp.*Q4_K_M has rules .* allowed"):
        quantize(tmp_path / "moe.gguf", tmp_path / "out.gguf", "Q4_K_M")


ARCHITECTURE = string("general.architecture", "llama")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "git-lfs pointer"),
        (gguf_bytes([ARCHITECTURE, uint32("split.count", 2)], []), "-00001-of-00002"),
        (gguf_bytes([ARCHITECTURE, string("general.type", "adapter")], []), "adapter"),
    ],
)
def test_source_that_is_no_whole_model_is_refused(tmp_path, content, message):
    source = tmp_path / "model.gguf"
    source.write_bytes(content)
    with pytest.raises(QuantizationError, match=message):
        quantize(source, tmp_path / "out.gguf", "Q8_0")


def test_first_file_of_a_split_model_is_refused(tmp_path):
    first = gguf_bytes([ARCHITECTURE, uint32("split.count", 2)], [])
    (tmp_path / "m-00001-of-00002.gguf").write_bytes(first)
    (tmp_path / "m-00002-of-00002.gguf").write_bytes(SMALL_GGUF)
    with pytest.raises(QuantizationError, match="is one of 2 files"):
        quantize(tmp_path / "m-00001-of-00002.gguf", tmp_path / "out.gguf", "Q8_0")


def test_file_may_be_quantized_in_place(source):
    quantize(source, source, "Q8_0")
    kinds = {tensor.name: tensor.tensor_type.name for tensor in gguf.GGUFReader(source).tensors}
    assert kinds["token_embd.weight"] == "Q8_0"
    assert [file.name for file in source.parent.iterdir()] == [source.name]
