"""The tables of types, against those of the gguf package."""

from __future__ import annotations

import gguf

from model_artifacts.inspection.ggml_types import GGML_TYPES, QUANTIZED_FILES

FLOATS = {"ALL_F32", "MOSTLY_F16", "MOSTLY_BF16", "GUESSED"}


def test_tensor_types_are_ggufs() -> None:
    assert {
        number: (gguf.GGMLQuantizationType(number).name, *gguf.GGML_QUANT_SIZES[number])
        for number in map(int, gguf.GGML_QUANT_SIZES)
    } == GGML_TYPES


def test_file_types_are_ggufs_without_the_floats() -> None:
    assert {
        int(kind): kind.name.removeprefix("MOSTLY_")
        for kind in gguf.LlamaFileType
        if kind.name not in FLOATS
    } == QUANTIZED_FILES
