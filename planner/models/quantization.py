"""Formats of quantized weights: bytes of a weight, and the arithmetic that reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from model_artifacts.inspection.shape import Parameters
from planner.errors import PlanError

BF16_BYTES = 2.0
# Groups of 128 weights with a 16-bit scale and a zero point of the weights' own width:
# https://arxiv.org/abs/2306.00978 and the checkpoints' own group_size.
_GROUP = 128
_UNPACKED = 0.85


@dataclass(frozen=True)
class Format:
    """A format of stored weights.

    Attributes:
        name: as `--quantization` takes it.
        weight_bytes: of one quantized weight, its share of scales included.
        arithmetic: numbers that are multiplied: 16-bit floats, 8-bit floats or 8-bit integers.
        experts_only: whether attention and shared layers stay as they were.
        read_share: of the bandwidth that 16-bit weights reach, what these do: their kernels unpack.
            llama-3.1-8b on one A10G, AWS's table of 2026-01 (planner/catalogue.toml).
    """

    name: str
    weight_bytes: float
    arithmetic: Literal["bf16", "fp8", "int8"] = "bf16"
    experts_only: bool = False
    read_share: float = 1.0


BF16 = Format("bf16", BF16_BYTES)
FORMATS = {
    known.name: known
    for known in (
        BF16,
        Format("fp8", 1.0, "fp8"),
        Format("w8a8", 1.0, "int8", read_share=_UNPACKED),
        Format("w8a16", 1.0, read_share=_UNPACKED),
        Format("awq", 0.5 + 2.5 / _GROUP, read_share=_UNPACKED),
        Format("gptq", 0.5 + 2.5 / _GROUP, read_share=_UNPACKED),
        Format("w4a16", 0.5 + 2.5 / _GROUP, read_share=_UNPACKED),
        # One 32-bit scale for 64 weights: https://arxiv.org/abs/2305.14314
        Format("bitsandbytes", 0.5 + 4 / 64),
        # Blocks of 32 and of 16: https://www.opencompute.org/documents/ocp-microscaling-formats-mx-v1-0-spec-final-pdf
        Format("mxfp4", 0.5 + 1 / 32, experts_only=True, read_share=_UNPACKED),
        Format("nvfp4", 0.5 + 1 / 16),
    )
}

# Formats by what `quantization_config` says: quant_method, bits, quant_algo, load_in_4bit.
_STORED: tuple[tuple[str, tuple[object, object, object, object]], ...] = (
    ("awq", ("awq", 4, None, None)),
    ("gptq", ("gptq", 4, None, None)),
    ("w8a16", ("gptq", 8, None, None)),
    ("fp8", ("fp8", None, None, None)),
    ("fp8", ("fbgemm_fp8", None, None, None)),
    ("mxfp4", ("mxfp4", None, None, None)),
    ("bitsandbytes", ("bitsandbytes", None, None, True)),
    ("nvfp4", ("modelopt", None, "NVFP4", None)),
    ("fp8", ("modelopt", None, "FP8", None)),
)


def known_format(name: str) -> Format:
    """Return a format by name.

    Raises:
        PlanError: there is none of that name.
    """
    if name not in FORMATS:
        raise PlanError(f"quantization: got {name!r}; must be one of {', '.join(FORMATS)}")
    return FORMATS[name]


def stored_format(raw: Mapping[str, Any], where: object) -> Format:
    """Return the format that a config's `quantization_config` describes.

    Raises:
        PlanError: its method, or its bits, are not known here.
    """
    section = _section(raw)
    if not section:
        return BF16
    method = section.get("quant_method")
    if method == "compressed-tensors" and isinstance(section.get("config_groups"), Mapping):
        return _compressed(section["config_groups"], where)
    named = (method, section.get("bits"), section.get("quant_algo"), section.get("load_in_4bit"))
    for stored, pattern in _STORED:
        if all(want is None or want == got for want, got in zip(pattern, named, strict=True)):
            return FORMATS[stored]
    raise PlanError(
        f"{where}: quantization_config: got {method!r}, which is not known here; "
        f"must be one of {', '.join(FORMATS)}"
    )


def _section(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the config's section, which some multimodal models keep with the text model's."""
    text = raw.get("text_config")
    inner = text.get("quantization_config") if isinstance(text, Mapping) else None
    found = raw.get("quantization_config") or inner or {}
    return found if isinstance(found, Mapping) else {"quant_method": repr(found)}


def _compressed(groups: Mapping[str, Any], where: object) -> Format:
    """Return the format of the first group of https://github.com/neuralmagic/compressed-tensors."""
    match next(iter(groups.values()), None):
        case {"weights": {"num_bits": 8, "type": "float"}}:
            return FORMATS["fp8"]
        case {"weights": {"num_bits": 8}, "input_activations": {"num_bits": 8}}:
            return FORMATS["w8a8"]
        case {"weights": {"num_bits": 8}}:
            return FORMATS["w8a16"]
        case {"weights": {"num_bits": 4, "type": "float", "group_size": 16}}:
            return FORMATS["nvfp4"]
        case {"weights": {"num_bits": 4}}:
            return FORMATS["w4a16"]
    raise PlanError(
        f"{where}: quantization_config: got groups that are not known here; "
        "must be weights of 4 or 8 bits"
    )


def stored_bytes(parameters: Parameters, stored: Format) -> tuple[int, int, int]:
    """Return the bytes of all weights, of the experts and of the input embeddings.

    Embeddings and the output layer stay at 16 bits, as every published recipe leaves them.
    """
    embedding = round(parameters.embedding * BF16_BYTES)
    kept = (parameters.embedding + parameters.head) * BF16_BYTES
    experts = parameters.experts * stored.weight_bytes
    rest = parameters.total - parameters.experts - parameters.embedding - parameters.head
    width = BF16_BYTES if stored.experts_only else stored.weight_bytes
    return round(kept + experts + rest * width), round(experts), embedding
