"""Whole models at a glance."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.report import inspect_model
from tests.support.model_files import SMALL_GGUF, entry, gguf_bytes, write_checkpoint
from tests.support.project import PROJECT

DEMO = PROJECT / "model_artifacts" / "demo"


def test_the_demo_model() -> None:
    report = inspect_model(DEMO)
    assert report.format == "gguf"
    assert (report.architecture, report.quantization) == ("llama", "Q8_0")
    assert (report.context_length, report.vocabulary) == (2048, 2560)
    assert list(report.bytes_by_dtype) == ["Q8_0", "F32"]
    # 7.4 million parameters in blocks of 32 that take 34 bytes; the card says 8 MB.
    assert report.parameters == 7_402_368
    assert report.weights_bytes == pytest.approx(report.parameters * 34 / 32, rel=0.01)
    assert report.weights_bytes < report.path.stat().st_size < report.weights_bytes + 100_000
    assert report.kv_cache is not None
    assert report.kv_cache.bytes_per_token() == 2 * 6 * 3 * 64 * 2


def test_a_checkpoint(tmp_path: Path) -> None:
    tensors = {"a": entry("BF16", [3, 4], 0, 24), "b": entry("F32", [2], 24, 32)}
    report = inspect_model(write_checkpoint(tmp_path, tensors, 32))
    assert (report.format, report.architecture) == ("safetensors", "LlamaForCausalLM")
    assert (report.parameters, report.weights_bytes) == (14, 32)
    assert report.bytes_by_dtype == {"BF16": 24, "F32": 8}
    assert report.kv_cache is not None
    assert report.kv_cache.bytes_per_token() == 131_072


@pytest.mark.parametrize(
    ("quantization", "tensors", "data", "parameters"),
    [
        (
            {"quant_method": "gptq", "bits": 4},
            {
                "layer.qweight": entry("I32", [2, 4], 0, 32),
                "layer.scales": entry("F16", [4], 32, 40),
                "layer.qzeros": entry("I32", [1], 40, 44),
                "norm.weight": entry("F16", [4], 44, 52),
            },
            52,
            2 * 4 * 8 + 4,
        ),
        (
            {"quant_method": "mxfp4"},
            {
                "down_proj_blocks": entry("U8", [16], 0, 16),
                "down_proj_scales": entry("U8", [1], 16, 17),
            },
            17,
            32,
        ),
        (
            {"quant_method": "fp8"},
            {
                "w.weight": entry("F8_E4M3", [4, 4], 0, 16),
                "w.weight_scale_inv": entry("F32", [1], 16, 20),
            },
            20,
            16,
        ),
    ],
    ids=["gptq", "mxfp4", "fp8"],
)
def test_packed_weights_are_counted_one_by_one(
    tmp_path: Path, quantization: object, tensors: dict, data: int, parameters: int
) -> None:
    report = inspect_model(
        write_checkpoint(tmp_path, tensors, data, quantization_config=quantization)
    )
    assert (report.parameters, report.weights_bytes) == (parameters, data)


def test_a_scale_of_a_plain_model_is_a_parameter(tmp_path: Path) -> None:
    tensors = {"layer.scales": entry("F32", [2], 0, 8)}
    assert inspect_model(write_checkpoint(tmp_path, tensors, 8)).parameters == 2


def test_a_directory_with_several_gguf_models_is_refused(tmp_path: Path) -> None:
    for name in ("a.gguf", "b.gguf"):
        (tmp_path / name).write_bytes(SMALL_GGUF)
    with pytest.raises(InspectionError, match="got 2 GGUF files; must be one model"):
        inspect_model(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.gguf", None, "none.gguf: No such file or directory; must be a readable file"),
        ("model.bin", b"\x80\x02cposix", "must begin with b'GGUF'"),
        ("empty.gguf", gguf_bytes([], []), "general.architecture': got None"),
    ],
)
def test_what_is_no_model_is_refused(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InspectionError, match=message):
        inspect_model(tmp_path / name)


def test_an_empty_directory_has_no_config(tmp_path: Path) -> None:
    with pytest.raises(InspectionError, match=r"config\.json: No such file"):
        inspect_model(tmp_path)
