"""A GGUF model, in one file or in several: shape and quantization out of the metadata.

Keys: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md#standardized-key-value-pairs
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import shown
from model_artifacts.inspection.ggml_types import QUANTIZED_FILES
from model_artifacts.inspection.gguf import MOST_KEPT, Array, GgufHeader, read_gguf
from model_artifacts.inspection.memory import KVCacheShape, latent_shape
from model_artifacts.inspection.shape import ModelShape, model_shape
from model_artifacts.inspection.tensors import Tensor

_MOST = 10**9
_MOST_FILES = 10_000
# Keys of the architecture under the names of config.json.
_NAMES = {
    "block_count": "num_hidden_layers",
    "embedding_length": "hidden_size",
    "feed_forward_length": "intermediate_size",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.key_length": "head_dim",
    "attention.sliding_window": "sliding_window",
    "attention.kv_lora_rank": "kv_lora_rank",
    "attention.q_lora_rank": "q_lora_rank",
    "expert_count": "num_local_experts",
    "expert_used_count": "num_experts_per_tok",
    "expert_feed_forward_length": "moe_intermediate_size",
    "expert_shared_count": "n_shared_experts",
    "leading_dense_block_count": "first_k_dense_replace",
    "context_length": "max_position_embeddings",
}
FIRST_OF_SPLIT = re.compile(r"(?P<stem>.+)-00001-of-(?P<count>\d{5})\.gguf")


@dataclass(frozen=True)
class GgufModel:
    """The part of a GGUF model that decides memory.

    Attributes:
        architecture: such as llama or qwen3.
        tensors: of all files.
        quantization: such as Q4_K_M; None for floats, or where none is said.
        context_length: most tokens of a sequence; None where none is said.
        vocabulary: tokens known; None where none are listed.
        kv_cache: keys and values of a token; None where the attention is not described.
    """

    architecture: str
    tensors: tuple[Tensor, ...]
    quantization: str | None
    context_length: int | None
    vocabulary: int | None
    kv_cache: KVCacheShape | None


def read_gguf_model(path: Path) -> GgufModel:
    """Read the header of a GGUF file, and of the files that follow where the model is split.

    Raises:
        InspectionError: A file is absent, truncated or inconsistent, metadata of a wrong kind, or
            what is there no model by itself, such as an adapter.
    """
    header = read_gguf(path)
    fields = _Fields(path, header)
    fields.check_model()
    return GgufModel(
        architecture=fields.architecture,
        tensors=header.tensors + _rest_of_split(path, fields),
        quantization=QUANTIZED_FILES.get(fields.number("general.file_type", least=0) or 0),
        context_length=fields.number("{}.context_length"),
        vocabulary=_vocabulary(fields),
        kv_cache=_kv_cache(fields),
    )


class _Fields:
    """Metadata, checked as it is taken; "{}" in a key stands for the architecture."""

    def __init__(self, path: Path, header: GgufHeader) -> None:
        self._path, self._metadata = path, header.metadata
        self.architecture = ""
        name = self._metadata.get("general.architecture")
        if not isinstance(name, str) or not name:
            raise self._error("general.architecture", shown(name), "a name")
        self.architecture = name

    def check_model(self) -> None:
        """Refuse what goes with a model and is none: an adapter, a projector, an importance matrix.

        https://github.com/ggml-org/llama.cpp/blob/master/gguf-py/gguf/constants.py, GGUFType
        """
        kind = self._metadata.get("general.type", "model")
        if kind != "model":
            raise self._error("general.type", shown(kind), "model: a base that this goes with")
        if self.architecture == "clip":  # a projector from before files said their type
            raise self._error("general.architecture", "'clip'", "a language model's")

    def number(self, key: str, *, least: int = 1, most: int = _MOST) -> int | None:
        """Return a number, or None where there is none."""
        found = self._get(key)
        if found is None:
            return None
        if type(found) is not int or not least <= found <= most:
            raise self._error(key, shown(found), f"{least} to {most}")
        return found

    def array(self, key: str) -> Array | None:
        """Return an array, or None where the value is none."""
        found = self._get(key)
        return found if isinstance(found, Array) else None

    def per_layer(self, key: str, layers: int) -> tuple[int, ...] | None:
        """Return a number for each layer, which may be said once for all."""
        found = self._get(key)
        if not isinstance(found, Array):
            number = self.number(key, least=0)
            return None if number is None else (number,) * layers
        numbers = tuple(n for n in found.values if type(n) is int and 0 <= n <= _MOST)
        if len(numbers) != layers:
            raise self._error(key, f"an array of {found.length}", f"{layers} numbers")
        return numbers

    def _get(self, key: str) -> object:
        return self._metadata.get(key.replace("{}", self.architecture))

    def _error(self, key: str, got: str, allowed: str) -> InspectionError:
        key = key.replace("{}", self.architecture)
        return InspectionError(f"{self._path}: {shown(key)}: got {got}; must be {allowed}")


def _kv_cache(fields: _Fields) -> KVCacheShape | None:
    layers = fields.number("{}.block_count", most=MOST_KEPT)
    if layers is None:
        return None
    rank = fields.number("{}.attention.kv_lora_rank")
    if rank is not None:
        return latent_shape(layers, rank, fields.number("{}.rope.dimension_count") or 0)
    heads = fields.per_layer("{}.attention.head_count", layers)
    kv_heads = fields.per_layer("{}.attention.head_count_kv", layers) or heads
    width = fields.number("{}.embedding_length") or 0
    default = width // max(heads) if heads and max(heads) else 0
    key = fields.number("{}.attention.key_length") or default
    value = fields.number("{}.attention.value_length") or default
    return KVCacheShape(kv_heads, key, value) if kv_heads and key and value else None


def _vocabulary(fields: _Fields) -> int | None:
    tokens = fields.array("tokenizer.ggml.tokens")
    return fields.number("{}.vocab_size") or (tokens.length if tokens else None)


def _rest_of_split(path: Path, fields: _Fields) -> tuple[Tensor, ...]:
    """Read the tensors of the files that follow the first."""
    count = fields.number("split.count", least=0, most=_MOST_FILES) or 1
    if count == 1:
        return ()
    match = FIRST_OF_SPLIT.fullmatch(path.name)
    if match is None or int(match["count"]) != count:
        raise InspectionError(
            f"{path}: got a name that is not the first of {count} files; must end in "
            f"-00001-of-{count:05}.gguf"
        )
    others = (
        path.with_name(f"{match['stem']}-{n:05}-of-{count:05}.gguf") for n in range(2, count + 1)
    )
    return tuple(tensor for other in others for tensor in read_gguf(other).tensors)


def gguf_shape(path: Path) -> ModelShape:
    """Read the shape of a GGUF model.

    Raises:
        InspectionError: The file is no model, or does not say what decides its memory.
    """
    model = read_gguf_model(path)
    metadata = read_gguf(path).metadata
    raw: dict[str, Any] = {"model_type": model.architecture, "vocab_size": model.vocabulary}
    for ours, theirs in _NAMES.items():
        found = metadata.get(f"{model.architecture}.{ours}")
        if isinstance(found, Array):  # one number a layer: the largest bounds them
            found = max((n for n in found.values if type(n) is int), default=None)
        if found is not None:
            raw[theirs] = found
    if raw.get("kv_lora_rank"):
        raw["qk_rope_head_dim"] = metadata.get(f"{model.architecture}.rope.dimension_count", 0)
    raw["tie_word_embeddings"] = all(t.name != "output.weight" for t in model.tensors)
    return model_shape(raw, path)
