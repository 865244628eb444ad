"""K-quants by the ggml library inside the xllamacpp wheel, which numpy-only gguf cannot make."""

from __future__ import annotations

import ctypes

import gguf
import numpy as np
from numpy.typing import NDArray

from model_artifacts.gguf.wheel import WheelError, exported


def quantize_with_ggml(
    weights: NDArray[np.float32], kind: gguf.GGMLQuantizationType
) -> NDArray[np.uint8]:
    """Quantize the rows of a matrix.

    Raises:
        WheelError: xllamacpp is missing or no longer exports ggml_quantize_chunk.
    """
    rows = np.ascontiguousarray(weights, np.float32)
    quantized = np.empty(gguf.quant_shape_to_byte_shape(rows.shape, kind), np.uint8)
    # type, const float * in, void * out, first row, rows, weights in a row, const float * imatrix
    quantize_chunk = exported(
        "ggml_quantize_chunk",
        ctypes.c_size_t,
        *(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p),
        *(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p),
    )
    written = quantize_chunk(
        int(kind), rows.ctypes.data, quantized.ctypes.data, 0, rows.shape[0], rows.shape[1], None
    )
    if written != quantized.nbytes:
        raise WheelError(f"ggml wrote {written} bytes of {kind.name}, expected {quantized.nbytes}")
    return quantized
