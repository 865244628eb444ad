"""A model at a glance: parameters, weights, quantization, context and KV cache.

Read from a checkpoint directory (config.json and safetensors) or from a GGUF file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from model_artifacts.inspection.checkpoint import check_base, read_checkpoint
from model_artifacts.inspection.config import CONFIG, read_config
from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import is_directory, is_there
from model_artifacts.inspection.gguf_model import FIRST_OF_SPLIT, read_gguf_model
from model_artifacts.inspection.memory import KVCacheShape
from model_artifacts.inspection.tensors import Tensor

# Tensors that serve to unpack others: scales, zero points and the like.
_AUXILIARY = re.compile(
    r"(.*[._])?(scales?|scale_inv|qzeros|zero_point|g_idx|weight_shape|absmax|quant_map|quant_state"
    r"|input_scale|k_scale|v_scale)([._].*)?"
)
# Bits of the integers into which several weights are packed.
_PACKED_BITS = {"U8": 8, "I32": 32, "U32": 32, "I64": 64}


@dataclass(frozen=True, kw_only=True)
class ModelReport:
    """Everything that a model's headers say about size and shape.

    Attributes:
        path: the checkpoint's directory, or the GGUF file.
        format: of the weights.
        architecture: such as LlamaForCausalLM, or llama in a GGUF file.
        parameters: weights of the model, as many as there are before they are packed.
        bytes_by_dtype: bytes of the tensors of each type, by the format's own names.
        quantization: such as fp8, awq or Q4_K_M; None for plain floats.
        context_length: most tokens of a sequence; None where none is said.
        vocabulary: tokens known; None where none is said.
        kv_cache: keys and values of a token; None where the attention is not described.
        custom_code: whether loading the model would run code that lies beside it.
        scales_positions: whether the model reaches beyond context_length by scaling positions.
    """

    path: Path
    format: Literal["safetensors", "gguf"]
    architecture: str
    parameters: int
    bytes_by_dtype: dict[str, int]
    quantization: str | None
    context_length: int | None
    vocabulary: int | None
    kv_cache: KVCacheShape | None
    custom_code: bool = False
    scales_positions: bool = False

    @property
    def weights_bytes(self) -> int:
        """Bytes of all tensors: what the weights take on the device."""
        return sum(self.bytes_by_dtype.values())


def inspect_model(path: Path) -> ModelReport:
    """Read the headers of a model: a GGUF file, or a directory with one or with a checkpoint.

    Raises:
        InspectionError: A file is absent, truncated, inconsistent or of another format.
    """
    gguf = gguf_file(path)
    return inspect_checkpoint(path) if gguf is None else _of_gguf(gguf)


def gguf_file(path: Path) -> Path | None:
    """Find the first GGUF file of the model at a path; None for a directory with a checkpoint.

    Raises:
        InspectionError: The directory holds several models, or cannot be read.
    """
    if not is_directory(path):
        return path
    if not is_there(path / CONFIG) and (files := sorted(path.glob("*.gguf"))):
        _check_one_model(path, files)
        return files[0]
    return None


def _check_one_model(directory: Path, files: list[Path]) -> None:
    """Refuse several GGUF models; the files of a split one are one model."""
    split = FIRST_OF_SPLIT.fullmatch(files[0].name)
    if len(files) > 1 and (split is None or len(files) != int(split["count"])):
        raise InspectionError(f"{directory}: got {len(files)} GGUF files; must be one model")


def inspect_checkpoint(directory: Path) -> ModelReport:
    """Read the headers of a checkpoint: config.json and safetensors, whatever lies beside them.

    Raises:
        InspectionError: A file is absent, truncated, inconsistent or of another format.
    """
    check_base(directory)
    config, tensors = read_config(directory), read_checkpoint(directory)
    return ModelReport(
        path=directory,
        format="safetensors",
        architecture=config.architecture,
        parameters=_parameters(tensors, config.quantization, config.quantized_bits),
        bytes_by_dtype=_bytes_by_dtype(tensors),
        quantization=config.quantization,
        context_length=config.context_length,
        vocabulary=config.vocabulary,
        kv_cache=config.kv_cache,
        custom_code=config.custom_code,
        scales_positions=config.scales_positions,
    )


def _of_gguf(path: Path) -> ModelReport:
    model = read_gguf_model(path)
    return ModelReport(
        path=path,
        format="gguf",
        architecture=model.architecture,
        parameters=sum(tensor.elements for tensor in model.tensors),
        bytes_by_dtype=_bytes_by_dtype(model.tensors),
        quantization=model.quantization,
        context_length=model.context_length,
        vocabulary=model.vocabulary,
        kv_cache=model.kv_cache,
    )


def _bytes_by_dtype(tensors: Iterable[Tensor]) -> dict[str, int]:
    """Sum the bytes of each type, the most first."""
    sums: Counter[str] = Counter()
    for tensor in tensors:
        sums[tensor.dtype] += tensor.nbytes
    return dict(sums.most_common())


def _parameters(tensors: Iterable[Tensor], quantization: str | None, bits: int | None) -> int:
    """Count weights; integers of a quantized checkpoint hold several each."""
    if quantization is None:
        return sum(tensor.elements for tensor in tensors)
    weights = (tensor for tensor in tensors if not _AUXILIARY.fullmatch(tensor.name))
    return sum(t.elements * _packed(t.dtype, bits) for t in weights)


def _packed(dtype: str, bits: int | None) -> int:
    return max(1, _PACKED_BITS.get(dtype, 0) // bits) if bits else 1
