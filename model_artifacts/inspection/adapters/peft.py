"""Adapters in the layout of Hugging Face's PEFT: adapter_config.json and safetensors.

https://huggingface.co/docs/peft/developer_guides/checkpoint
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_artifacts.inspection.adapters.update import LowRankUpdate, low_rank_updates
from model_artifacts.inspection.checkpoint import ADAPTER as CONFIG
from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import Fields, read_json_object, shown
from model_artifacts.inspection.safetensors import read_safetensors

WEIGHTS = "adapter_model.safetensors"
"""File of the matrices; adapter_model.bin can run code when it is loaded."""

_MOST_CONFIG_BYTES = 1_000_000
_MOST_RANK = 4096
_NAME = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<half>[AB])\.weight")
# The one value of each key that engines compute; a key left out, or null, has it.
_ONLY: dict[str, object] = {
    "bias": "none",
    "use_dora": False,
    "lora_bias": False,
    "fan_in_fan_out": False,
    "modules_to_save": [],
    "rank_pattern": {},
    "alpha_pattern": {},
    "layer_replication": [],
}


@dataclass(frozen=True)
class PeftAdapter:
    """A LoRA adapter as PEFT saves it.

    Attributes:
        weights: the file of its matrices.
        rank: of all of them.
        scale: what the product of two matrices is multiplied by.
        base: what adapter_config.json calls its model: a directory or a hub id; empty for nothing.
        updates: what it adds, by Hugging Face's names of the model's tensors.
    """

    weights: Path
    rank: int
    scale: float
    base: str
    updates: tuple[LowRankUpdate, ...]


def read_peft_adapter(directory: Path) -> PeftAdapter:
    """Read an adapter's config and header.

    Raises:
        InspectionError: A file is absent or damaged, or the adapter is more than plain LoRA, of one
            rank throughout.
    """
    raw = read_json_object(directory / CONFIG, _MOST_CONFIG_BYTES)
    fields = Fields(directory / CONFIG, raw)
    if raw.get("peft_type") != "LORA":
        raise fields.error("peft_type", "'LORA'")
    for key, only in _ONLY.items():
        if fields.has(key) and raw[key] != only:
            raise fields.error(key, f"{only!r} or left out: engines serve plain LoRA")
    if not fields.has("target_modules"):
        raise fields.error("target_modules", "there: vLLM loads no adapter without")
    rank = fields.needed(("r",), _MOST_RANK)
    weights = directory / WEIGHTS
    updates = _updates(weights)
    for update in updates:
        if update.rank != rank:
            raise InspectionError(
                f"{weights}: {shown(update.tensor)}: got rank {update.rank}; must be {rank}, as "
                f"{CONFIG} says"
            )
    base = raw.get("base_model_name_or_path")
    scale = _scale(fields, raw, rank)
    return PeftAdapter(weights, rank, scale, base if isinstance(base, str) else "", updates)


def halves(name: str) -> tuple[str, str] | None:
    """Split the name of one of an adapter's tensors into the base's tensor, and "A" or "B"."""
    match = _NAME.fullmatch(name)
    return (f"{match['module']}.weight", match["half"]) if match else None


def _updates(weights: Path) -> tuple[LowRankUpdate, ...]:
    pairs: defaultdict[str, dict[str, tuple[int, ...]]] = defaultdict(dict)
    for tensor in read_safetensors(weights).tensors:
        found = halves(tensor.name)
        if found is None:
            raise InspectionError(
                f"{weights}: got tensor {shown(tensor.name)}; must be base_model.model.*"
                ".lora_A.weight or .lora_B.weight"
            )
        name, half = found
        pairs[name][half] = tensor.shape
    return low_rank_updates(weights, pairs)


def _scale(fields: Fields, raw: dict[str, Any], rank: int) -> float:
    """Return alpha over the rank, or over its root: https://arxiv.org/abs/2312.03732."""
    alpha = raw.get("lora_alpha")
    if not isinstance(alpha, int | float) or not 0 < alpha < math.inf:
        raise fields.error("lora_alpha", "a number above 0")
    return alpha / (math.sqrt(rank) if raw.get("use_rslora") else rank)
