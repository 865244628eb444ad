"""Adapters as llama.cpp reads them: one GGUF file of pairs `<tensor>.lora_a` and `.lora_b`.

https://github.com/ggml-org/llama.cpp/blob/master/src/llama-adapter.cpp
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from model_artifacts.inspection.adapters.update import LowRankUpdate, low_rank_updates
from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import shown
from model_artifacts.inspection.gguf import read_gguf

_HALVES = {".lora_a": "A", ".lora_b": "B"}


@dataclass(frozen=True)
class GgufAdapter:
    """A LoRA adapter in a GGUF file.

    Attributes:
        architecture: of its base, such as llama.
        updates: what it adds, by GGUF's names of the model's tensors.
    """

    architecture: str
    updates: tuple[LowRankUpdate, ...]


def read_gguf_adapter(path: Path) -> GgufAdapter:
    """Read the header of an adapter.

    Raises:
        InspectionError: The file is damaged, or no LoRA adapter.
    """
    header = read_gguf(path)
    for key, only in (("general.type", "adapter"), ("adapter.type", "lora")):
        if header.metadata.get(key) != only:
            got = shown(header.metadata[key]) if key in header.metadata else "none"
            raise InspectionError(f"{path}: {key}: got {got}; must be {only!r}")
    pairs: defaultdict[str, dict[str, tuple[int, ...]]] = defaultdict(dict)
    for tensor in header.tensors:
        half = _HALVES.get(tensor.name[-7:])
        if half is None:
            raise InspectionError(
                f"{path}: got tensor {shown(tensor.name)}; must end in .lora_a or .lora_b"
            )
        pairs[tensor.name[:-7]][half] = tensor.shape[::-1]  # GGUF has the columns first
    architecture = str(header.metadata.get("general.architecture", ""))
    return GgufAdapter(architecture, low_rank_updates(path, pairs))
