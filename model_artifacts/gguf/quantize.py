"""Quantization of the matrices of a GGUF file of 16- or 32-bit floats."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from model_artifacts.gguf.convert import UnwritableTargetError, check_target, write_file
from model_artifacts.gguf.ggml import KQuantsUnavailableError, quantize_with_ggml
from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.gguf import read_gguf
from model_artifacts.inspection.gguf_model import read_gguf_model

_Kind = gguf.GGMLQuantizationType

# The type of a file, by the type of most of its matrices.
_FILE_TYPES = {
    _Kind.Q8_0: gguf.LlamaFileType.MOSTLY_Q8_0,
    _Kind.Q5_1: gguf.LlamaFileType.MOSTLY_Q5_1,
    _Kind.Q5_0: gguf.LlamaFileType.MOSTLY_Q5_0,
    _Kind.Q4_1: gguf.LlamaFileType.MOSTLY_Q4_1,
    _Kind.Q4_0: gguf.LlamaFileType.MOSTLY_Q4_0,
    _Kind.Q6_K: gguf.LlamaFileType.MOSTLY_Q6_K,
    _Kind.Q5_K: gguf.LlamaFileType.MOSTLY_Q5_K_S,
    _Kind.Q4_K: gguf.LlamaFileType.MOSTLY_Q4_K_S,
}
QUANTIZATION_TYPES = tuple(kind.name for kind in _FILE_TYPES)
_BY_GGML = {_Kind.Q6_K, _Kind.Q5_K, _Kind.Q4_K}
_FLOATS = {_Kind.F32, _Kind.F16}
# Set by every writer itself.
_OWN_FIELDS = {"general.architecture", "general.file_type", "general.quantization_version"}


class QuantizationError(ValueError):
    """The file cannot be quantized as asked."""


def quantize(source: Path, target: Path, type_name: str) -> None:
    """Write `source` to `target` with its matrices quantized to `type_name`; vectors stay floats.

    Raises:
        QuantizationError: The type is unknown or unfit for the rows, or the source has one.
        KQuantsUnavailableError: A K-quant was asked for and the installed wheel cannot make it.
        UnwritableTargetError: The target cannot be written.
    """
    if type_name not in QUANTIZATION_TYPES:
        raise QuantizationError(
            f"unknown quantization type {type_name!r}; allowed: {', '.join(QUANTIZATION_TYPES)}"
        )
    kind = _Kind[type_name]
    check_target(target)
    _require_model(source)
    reader = gguf.GGUFReader(source)
    _require_fitting(reader, kind)
    writer = gguf.GGUFWriter(None, reader.get_field("general.architecture").contents())
    _copy_fields(reader, writer)
    writer.add_file_type(_FILE_TYPES[kind])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    for tensor in reader.tensors:
        _add_tensor(writer, tensor, kind)
    write_file(writer, target)


def _require_model(source: Path) -> None:
    try:
        read_gguf_model(source)
        parts = read_gguf(source).metadata.get("split.count", 1)
    except InspectionError as error:
        raise QuantizationError(str(error)) from error
    if parts not in (0, 1):
        raise QuantizationError(f"{source} is one of {parts} files; allowed: a model in one file")


def _require_fitting(reader: gguf.GGUFReader, kind: gguf.GGMLQuantizationType) -> None:
    block, _ = gguf.GGML_QUANT_SIZES[kind]
    for tensor in reader.tensors:
        if tensor.tensor_type not in _FLOATS:
            raise QuantizationError(
                f"tensor {tensor.name} is {tensor.tensor_type.name} already; allowed: F16, F32"
            )
        if len(tensor.shape) > 1 and tensor.shape[0] % block:
            raise QuantizationError(
                f"tensor {tensor.name} has rows of {tensor.shape[0]} weights;"
                f" {kind.name} needs a multiple of {block}"
            )


def _copy_fields(reader: gguf.GGUFReader, writer: gguf.GGUFWriter) -> None:
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in _OWN_FIELDS:
            continue
        element = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), field.types[0], element)


def _add_tensor(
    writer: gguf.GGUFWriter, tensor: gguf.ReaderTensor, kind: gguf.GGMLQuantizationType
) -> None:
    weights = tensor.data.astype(np.float32)
    if weights.ndim == 1:
        writer.add_tensor(tensor.name, weights)
        return
    # Embeddings suffer most; llama.cpp gives them six bits in a file of four, and so do we.
    embedding = tensor.name.startswith(("token_embd.", "output."))
    own = _Kind.Q6_K if embedding and kind in _BY_GGML else kind
    writer.add_tensor(tensor.name, _quantized(weights, own), raw_dtype=own)


def _quantized(weights: NDArray[np.float32], kind: gguf.GGMLQuantizationType) -> NDArray[np.uint8]:
    if kind in _BY_GGML:
        return quantize_with_ggml(weights, kind)
    quantized: NDArray[np.uint8] = gguf.quants.quantize(weights, kind)
    return quantized


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m model_artifacts.gguf.quantize", description=__doc__
    )
    parser.add_argument("source", type=Path, help="GGUF file of floats")
    parser.add_argument("target", type=Path, help="GGUF file to write")
    parser.add_argument(
        "--type", required=True, choices=QUANTIZATION_TYPES, help="quantization type"
    )
    chosen = parser.parse_args(arguments)
    try:
        quantize(chosen.source, chosen.target, chosen.type)
    except (QuantizationError, KQuantsUnavailableError, UnwritableTargetError) as error:
        parser.exit(1, f"error: {error}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
