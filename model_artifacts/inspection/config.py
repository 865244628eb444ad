"""A checkpoint's config.json: architecture, attention, context and quantization.

Of a multimodal model, its text model counts. Names are those of Hugging Face's transformers, which
differ between architectures: https://huggingface.co/docs/transformers/main_classes/configuration
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_artifacts.inspection.attention import HEADS, KV_HEADS, LAYERS, WIDTH
from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import MOST_LAYERS, Fields, read_json_object, shown
from model_artifacts.inspection.memory import KVCacheShape, latent_shape

CONFIG = "config.json"
_MOST_BYTES = 10_000_000
_ROPE = ("rope_scaling", "rope_parameters")
_CONTEXT = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length")
# Layers of `layer_types` that keep a state of fixed size, and nothing of each token.
_WITHOUT_CACHE = {"linear_attention", "mamba", "recurrent", "conv"}


@dataclass(frozen=True)
class CheckpointConfig:
    """The part of config.json that decides memory.

    Attributes:
        architecture: the first of `architectures`, or the model type.
        context_length: most tokens of a sequence; None where none is said.
        scales_positions: whether RoPE reaches beyond context_length, which differs by its type.
        vocabulary: tokens known; None where none is said.
        kv_cache: keys and values of a token; None where the heads are not said.
        quantization: method, such as fp8, awq or gptq; None for plain floats.
        quantized_bits: bits of a quantized weight; None where none are said.
        custom_code: whether loading the model would run code that lies beside it.
    """

    architecture: str
    context_length: int | None
    scales_positions: bool
    vocabulary: int | None
    kv_cache: KVCacheShape | None
    quantization: str | None
    quantized_bits: int | None
    custom_code: bool


def read_config(directory: Path) -> CheckpointConfig:
    """Read config.json of a checkpoint.

    Raises:
        InspectionError: The file cannot be read, or a value is of the wrong kind.
    """
    path = directory / CONFIG
    raw = read_json_object(path, _MOST_BYTES)
    fields = Fields(path, raw)
    text = Fields(path, raw | fields.section("text_config"))
    quantization = text.section("quantization_config")
    return CheckpointConfig(
        architecture=_architecture(path, raw),
        context_length=text.number(_CONTEXT),
        scales_positions=any(_scales(text.section(key)) for key in _ROPE),
        vocabulary=text.number(("vocab_size",)),
        kv_cache=_kv_cache(text),
        quantization=_method(path, quantization),
        quantized_bits=_bits(path, quantization),
        custom_code="auto_map" in raw,
    )


def _architecture(path: Path, raw: dict[str, Any]) -> str:
    match raw:
        case {"architectures": [str(first), *_]}:
            return first
        case {"model_type": str(kind)}:
            return kind
    raise InspectionError(f"{path}: got no architectures and no model_type; must have one of them")


def _kv_cache(text: Fields) -> KVCacheShape | None:
    layers, heads = text.number(LAYERS, MOST_LAYERS), text.number(HEADS)
    if layers is None or heads is None:
        return None
    rank, rope_length = text.number(("kv_lora_rank",)), text.number(("qk_rope_head_dim",))
    if rank is not None:
        return latent_shape(layers, rank, rope_length or 0)
    head_dim = text.number(("head_dim",)) or (text.number(WIDTH) or 0) // heads
    if not head_dim:
        return None
    kv_heads = text.number(KV_HEADS) or heads
    kinds = text.names("layer_types", layers) or ["full_attention"] * layers
    kept = tuple(0 if kind in _WITHOUT_CACHE else kv_heads for kind in kinds)
    return KVCacheShape(kept, head_dim, head_dim)


def _scales(rope: dict[str, Any]) -> bool:
    """Return whether positions are scaled; in some models each kind of layer has its own."""
    kinds = [rope, *(part for part in rope.values() if isinstance(part, dict))]
    return any(kind.get("rope_type", kind.get("type", "default")) != "default" for kind in kinds)


def _method(path: Path, quantization: dict[str, Any]) -> str | None:
    if not quantization:
        return None
    method = quantization.get("quant_method")
    if not isinstance(method, str):
        raise InspectionError(
            f"{path}: quantization_config: quant_method: got {shown(method)}; must be a name"
        )
    return method


def _bits(path: Path, quantization: dict[str, Any]) -> int | None:
    match quantization:
        case {"bits": int(bits)} | {
            "config_groups": {"group_0": {"weights": {"num_bits": int(bits)}}}
        }:
            pass
        case {"load_in_4bit": True} | {"quant_method": "mxfp4"}:
            return 4
        case _:
            return None
    if bits not in range(1, 17):
        raise InspectionError(
            f"{path}: quantization_config: got {shown(bits)} bits; must be 1 to 16"
        )
    return bits
