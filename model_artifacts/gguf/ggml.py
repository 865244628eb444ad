"""K-quants by the ggml library inside the xllamacpp wheel, which numpy-only gguf cannot make."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import gguf
import numpy as np
from numpy.typing import NDArray


class KQuantsUnavailableError(RuntimeError):
    """The installed wheel does not offer ggml's quantizer."""


def quantize_with_ggml(
    weights: NDArray[np.float32], kind: gguf.GGMLQuantizationType
) -> NDArray[np.uint8]:
    """Quantize the rows of a matrix.

    Raises:
        KQuantsUnavailableError: xllamacpp is missing or no longer exports ggml_quantize_chunk.
    """
    rows = np.ascontiguousarray(weights, np.float32)
    quantized = np.empty(gguf.quant_shape_to_byte_shape(rows.shape, kind), np.uint8)
    written = _quantize_chunk()(
        int(kind), rows.ctypes.data, quantized.ctypes.data, 0, rows.shape[0], rows.shape[1], None
    )
    if written != quantized.nbytes:
        raise RuntimeError(
            f"ggml wrote {written} bytes of {kind.name}, expected {quantized.nbytes}"
        )
    return quantized


def _quantize_chunk() -> Callable[..., int]:
    """Find ggml_quantize_chunk: exported by the wheel's library, though nowhere promised."""
    try:
        from xllamacpp import xllamacpp as extension

        chunk = ctypes.CDLL(extension.__file__).ggml_quantize_chunk
    except (ImportError, OSError, AttributeError) as error:
        raise KQuantsUnavailableError(
            f"K-quants need ggml_quantize_chunk of the xllamacpp wheel: {error}"
        ) from error
    # type, const float * in, void * out, first row, rows, weights in a row, const float * imatrix
    chunk.restype = ctypes.c_size_t
    chunk.argtypes = [
        ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p,
        ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p,
    ]  # fmt: skip
    return chunk
