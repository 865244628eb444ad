"""Quantization of the matrices of a GGUF file of 16- or 32-bit floats, tensor by tensor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from model_artifacts.gguf.ggml import quantize_with_ggml
from model_artifacts.gguf.presets import PRESETS, TypeChoice, fitting
from model_artifacts.gguf.stored_tensors import ROWS_ELEMENTS
from model_artifacts.gguf.target import check_target, write_file
from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.gguf import read_gguf
from model_artifacts.inspection.gguf_model import read_gguf_model

_Kind = gguf.GGMLQuantizationType
_BY_GGML = {_Kind.Q6_K, _Kind.Q5_K, _Kind.Q4_K}
_FLOATS = {_Kind.F32: np.float32, _Kind.F16: np.float16}
# Set by every writer itself.
_OWN_FIELDS = {"general.architecture", "general.file_type", "general.quantization_version"}


class QuantizationError(ValueError):
    """The file cannot be quantized as asked."""


@dataclass(frozen=True)
class Fallback:
    """A tensor whose rows the preset's type does not divide.

    Attributes:
        tensor: its name.
        row: weights of a row.
        wanted: the preset's type for it.
        used: the type that it has instead.
    """

    tensor: str
    row: int
    wanted: str
    used: str


@dataclass(frozen=True)
class _Planned:
    tensor: gguf.ReaderTensor
    kind: gguf.GGMLQuantizationType


def quantize(source: Path, target: Path, preset: str) -> tuple[Fallback, ...]:
    """Write `source` to `target` with its matrices quantized; vectors stay 32-bit floats.

    One tensor at a time is in memory.

    Args:
        source: GGUF file of floats, in one piece.
        target: may be the same.
        preset: a name of `PRESETS`.

    Returns:
        The tensors that have another type than the preset's.

    Raises:
        QuantizationError: The preset is unknown, or the source is no model of floats in one file.
        WheelError: A K-quant was asked for and the installed wheel cannot make it.
        UnwritableTargetError: The target cannot be written.
    """
    if preset not in PRESETS:
        raise QuantizationError(f"unknown preset {preset!r}; allowed: {', '.join(PRESETS)}")
    check_target(target)
    _require_model(source)
    reader = gguf.GGUFReader(source)
    planned, fallbacks = _plan(reader, preset)
    writer = gguf.GGUFWriter(None, reader.get_field("general.architecture").contents())
    _copy_fields(reader, writer)
    writer.add_file_type(PRESETS[preset].file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    for plan in planned:
        _add_info(writer, plan)
    write_file(writer, target, (_content(source, plan) for plan in planned))
    return fallbacks


def _require_model(source: Path) -> None:
    try:
        read_gguf_model(source)
        parts = read_gguf(source).metadata.get("split.count", 1)
    except InspectionError as error:
        raise QuantizationError(str(error)) from error
    if parts not in (0, 1):
        raise QuantizationError(f"{source} is one of {parts} files; allowed: a model in one file")


def _plan(reader: gguf.GGUFReader, preset: str) -> tuple[list[_Planned], tuple[Fallback, ...]]:
    rows = {tensor.name: int(np.prod(tensor.shape[1:])) for tensor in reader.tensors}
    choice = TypeChoice(PRESETS[preset], rows)
    if choice.unknown is not None:
        plain = ", ".join(name for name, other in PRESETS.items() if not other.mixed)
        raise QuantizationError(
            f"tensor {choice.unknown}: {preset} has rules for such models that are not carried "
            f"here; allowed: {plain}"
        )
    planned, fallbacks = [], []
    for tensor in reader.tensors:
        if tensor.tensor_type not in _FLOATS:
            raise QuantizationError(
                f"tensor {tensor.name} is {tensor.tensor_type.name} already; allowed: F16, F32"
            )
        wanted, row = choice.wanted(tensor.name, len(tensor.shape)), int(tensor.shape[0])
        if wanted is None:
            kept = _Kind.F32 if len(tensor.shape) < 2 else tensor.tensor_type
            planned.append(_Planned(tensor, kept))
            continue
        used = fitting(wanted, row)
        planned.append(_Planned(tensor, used))
        if used != wanted:
            fallbacks.append(Fallback(tensor.name, row, wanted.name, used.name))
    return planned, tuple(fallbacks)


def _copy_fields(reader: gguf.GGUFReader, writer: gguf.GGUFWriter) -> None:
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in _OWN_FIELDS:
            continue
        element = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), field.types[0], element)


def _shape(tensor: gguf.ReaderTensor) -> tuple[int, ...]:
    """Return the shape, rows first: GGUF has the row's length first."""
    return tuple(int(size) for size in reversed(tensor.shape))


def _add_info(writer: gguf.GGUFWriter, plan: _Planned) -> None:
    shape = _shape(plan.tensor)
    block, block_bytes = gguf.GGML_QUANT_SIZES[plan.kind]
    size = int(np.prod(shape)) // block * block_bytes
    kind = np.dtype(_FLOATS.get(plan.kind, np.float32))
    writer.add_tensor_info(plan.tensor.name, shape, kind, size, raw_dtype=plan.kind)


def _content(source: Path, plan: _Planned) -> NDArray[np.generic]:
    """Return a tensor as it is written: floats, or the blocks of its rows."""
    width = _shape(plan.tensor)[-1]
    blocks = [_encoded(rows, plan.kind) for rows in _rows(source, plan.tensor, width)]
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def _rows(source: Path, tensor: gguf.ReaderTensor, width: int) -> Iterator[NDArray[np.float32]]:
    """Read a tensor some rows at a time; the reader's own view would stay in memory."""
    stored = _FLOATS[tensor.tensor_type]
    left, step = int(tensor.n_elements), max(1, ROWS_ELEMENTS // width) * width
    with source.open("rb") as file:
        file.seek(int(tensor.data_offset))
        while left:
            values = np.fromfile(file, stored, min(left, step))
            left -= values.size
            yield values.astype(np.float32).reshape(-1, width)


def _encoded(rows: NDArray[np.float32], kind: gguf.GGMLQuantizationType) -> NDArray[np.generic]:
    if kind in _FLOATS:
        return rows.astype(_FLOATS[kind])
    if kind in _BY_GGML:
        return quantize_with_ggml(rows, kind)
    quantized: NDArray[np.uint8] = gguf.quants.quantize(rows, kind)
    return quantized
