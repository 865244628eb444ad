"""Checkpoints of the Llama architecture in Hugging Face's layout, read without torch."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any, Self

import gguf
import numpy as np
import safetensors
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from model_artifacts.gguf.errors import UnsupportedCheckpointError
from model_artifacts.gguf.numerics import check_numbers
from model_artifacts.gguf.rope import Rope, read_rope
from model_artifacts.inspection.checkpoint import read_checkpoint, weight_files
from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import read_json_object

# The largest is tokenizer.json: 17 MB for Llama 3's 128,256 tokens.
_MOST_JSON_BYTES = 100_000_000


class LlamaConfig(BaseModel):
    """The part of config.json that decides the shape of a Llama model.

    Field names are Hugging Face's: https://huggingface.co/docs/transformers/model_doc/llama
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    vocab_size: int = Field(gt=0)
    hidden_size: int = Field(gt=0)
    intermediate_size: int = Field(gt=0)
    num_hidden_layers: int = Field(gt=0)
    num_attention_heads: int = Field(gt=0)
    num_key_value_heads: int = Field(gt=0)
    head_dim: int = Field(gt=0)
    max_position_embeddings: int = Field(gt=0)
    rms_norm_eps: float = Field(gt=0, allow_inf_nan=False)
    rope_theta: float = Field(default=10000.0, gt=0, allow_inf_nan=False)
    rope: Rope = Rope()
    tie_word_embeddings: bool = False
    bos_token_id: int | None = None
    eos_token_id: int | None = None
    pad_token_id: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, raw: dict[str, Any]) -> dict[str, Any]:
        """Apply Hugging Face's own defaults for what older files leave out."""
        heads = raw.get("num_attention_heads")
        width = raw.get("hidden_size")
        divided = width // heads if type(width) is type(heads) is int and heads else 0
        rope = raw.get("rope_parameters") or {}
        eos = raw.get("eos_token_id")
        return raw | {
            "num_key_value_heads": raw.get("num_key_value_heads") or heads,
            "head_dim": raw.get("head_dim") or divided,
            "rope": read_rope(raw),
            "rope_theta": rope.get("rope_theta", raw.get("rope_theta", 10000.0)),
            # Llama 3 lists several ends of text; llama.cpp finds the others by their names.
            "eos_token_id": (eos or [None])[0] if isinstance(eos, list) else eos,
        }

    @model_validator(mode="after")
    def _whole_heads(self) -> Self:
        if self.num_attention_heads % self.num_key_value_heads:
            raise ValueError(
                f"num_attention_heads {self.num_attention_heads} must be a multiple"
                f" of num_key_value_heads {self.num_key_value_heads}"
            )
        if self.head_dim % 2:
            raise ValueError(f"head_dim {self.head_dim} must be even: RoPE turns pairs")
        return self


def read_config(checkpoint: Path) -> LlamaConfig:
    """Read config.json.

    Raises:
        UnsupportedCheckpointError: It is missing, or of a model we do not convert.
    """
    raw = read_json(checkpoint, "config.json")
    check_numbers(raw)
    try:
        return LlamaConfig.model_validate(raw)
    except ValidationError as error:
        raise UnsupportedCheckpointError(f"config.json: {error}") from error


def read_json(checkpoint: Path, name: str) -> dict[str, Any]:
    """Read one JSON file of the checkpoint.

    Raises:
        UnsupportedCheckpointError: There is no such file, or it is no object without doubled keys.
    """
    path = checkpoint / name
    if not path.is_file():
        raise UnsupportedCheckpointError(
            f"no {name} in {checkpoint}; a checkpoint directory has one"
        )
    try:
        return read_json_object(path, _MOST_JSON_BYTES)
    except InspectionError as error:
        raise UnsupportedCheckpointError(str(error)) from error


def read_tensors(checkpoint: Path) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield every tensor of the checkpoint's safetensors files as 32-bit floats.

    Raises:
        UnsupportedCheckpointError: A file is absent or damaged, or a tensor is no float we read.
    """
    try:
        read_checkpoint(checkpoint)
        shards = weight_files(checkpoint)
    except InspectionError as error:
        raise UnsupportedCheckpointError(str(error)) from error
    for shard in shards:
        stored_tensors = safetensors.deserialize(shard.read_bytes())  # type: ignore[no-untyped-call]
        # By name: their order differs from one read to the next.
        for name, stored in sorted(stored_tensors, key=itemgetter(0)):
            yield name, _as_float32(name, stored).reshape(stored["shape"])


def _as_float32(name: str, stored: dict[str, Any]) -> NDArray[np.float32]:
    match stored["dtype"]:
        case "F32":
            return np.frombuffer(stored["data"], np.float32)
        case "F16":
            return np.frombuffer(stored["data"], np.float16).astype(np.float32)
        case "BF16":  # numpy has no such type; gguf widens it bit for bit
            raw = np.frombuffer(stored["data"], np.uint8)
            widened: NDArray[np.float32] = gguf.quants.dequantize(
                raw, gguf.GGMLQuantizationType.BF16
            )
            return widened
        case other:
            raise UnsupportedCheckpointError(f"tensor {name} is {other}; supported: F32, F16, BF16")
