"""The config of a checkpoint in Hugging Face's layout, and its other files of JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from model_artifacts.gguf.architectures import ARCHITECTURES, Architecture
from model_artifacts.gguf.errors import UnsupportedCheckpointError
from model_artifacts.gguf.numerics import check_numbers
from model_artifacts.gguf.rope import Rope, read_rope
from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import read_json_object

# The largest is tokenizer.json: 17 MB for Llama 3's 128,256 tokens.
_MOST_JSON_BYTES = 100_000_000


class DecoderConfig(BaseModel):
    """The part of config.json that decides the shape of a model.

    Field names are Hugging Face's: https://huggingface.co/docs/transformers/model_doc/llama
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    model_type: str
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
        raw = {**ARCHITECTURES[raw["model_type"]].defaults, **raw}
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

    @property
    def architecture(self) -> Architecture:
        """The row of the table for this model type."""
        return ARCHITECTURES[self.model_type]

    @model_validator(mode="after")
    def _whole_heads(self) -> Self:
        if self.num_attention_heads % self.num_key_value_heads:
            raise ValueError(
                f"num_attention_heads {self.num_attention_heads} must be a multiple"
                f" of num_key_value_heads {self.num_key_value_heads}"
            )
        if self.head_dim % 2:
            raise ValueError(f"head_dim {self.head_dim} must be even: RoPE turns pairs")
        together = self.num_attention_heads * self.head_dim
        if self.architecture.whole_width and together != self.hidden_size:
            raise ValueError(
                f"head_dim {self.head_dim} must be hidden_size / num_attention_heads, "
                f"{self.hidden_size / self.num_attention_heads:g}"
            )
        return self


def read_config(checkpoint: Path) -> DecoderConfig:
    """Read config.json.

    Raises:
        UnsupportedCheckpointError: It is missing, or of a model we do not convert.
    """
    raw = read_json(checkpoint, "config.json")
    check_numbers(raw)
    try:
        return DecoderConfig.model_validate(raw)
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
