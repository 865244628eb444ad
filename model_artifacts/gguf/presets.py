"""Presets of quantization: the type that each tensor gets, as llama.cpp's quantizer chooses it.

https://github.com/ggml-org/llama.cpp/blob/master/src/llama-quant.cpp
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import gguf

_Kind = gguf.GGMLQuantizationType
_File = gguf.LlamaFileType
_K_QUANTS = {_Kind.Q6_K, _Kind.Q5_K, _Kind.Q4_K}
# Types of smaller blocks, for rows that are no multiple of a K-quant's 256: tensor_type_fallback.
_SMALLER = {_Kind.Q4_K: _Kind.Q5_0, _Kind.Q5_K: _Kind.Q5_1, _Kind.Q6_K: _Kind.Q8_0}
_EMBEDDING, _OUTPUT = "token_embd.weight", "output.weight"
# Matrices that stay floats: tensor_allows_quantization.
_KEPT = re.compile(
    r"_norm\.weight|ffn_gate_inp\.weight|ssm_conv1d|shortconv\.conv\.weight|attn_rel_b\.weight"
    r"|altup|laurel|per_layer_model_proj|time_mix_\w+\.weight|position_embd|token_types"
)
_MORE_RULES = re.compile(r"ffn_gate_inp|attn_qkv|attn_kv_b")


@dataclass(frozen=True)
class Preset:
    """A way to quantize a whole model.

    Attributes:
        kind: type of most matrices.
        file_type: GGUF's number of the file.
        mixed: whether it is one of llama.cpp's recipes "_M": some of attn_v and ffn_down in Q6_K.
    """

    kind: gguf.GGMLQuantizationType
    file_type: gguf.LlamaFileType
    mixed: bool = False


PRESETS = {
    "Q8_0": Preset(_Kind.Q8_0, _File.MOSTLY_Q8_0),
    "Q6_K": Preset(_Kind.Q6_K, _File.MOSTLY_Q6_K),
    "Q5_K_M": Preset(_Kind.Q5_K, _File.MOSTLY_Q5_K_M, mixed=True),
    "Q5_K": Preset(_Kind.Q5_K, _File.MOSTLY_Q5_K_S),
    "Q5_1": Preset(_Kind.Q5_1, _File.MOSTLY_Q5_1),
    "Q5_0": Preset(_Kind.Q5_0, _File.MOSTLY_Q5_0),
    "Q4_K_M": Preset(_Kind.Q4_K, _File.MOSTLY_Q4_K_M, mixed=True),
    "Q4_K": Preset(_Kind.Q4_K, _File.MOSTLY_Q4_K_S),
    "Q4_1": Preset(_Kind.Q4_1, _File.MOSTLY_Q4_1),
    "Q4_0": Preset(_Kind.Q4_0, _File.MOSTLY_Q4_0),
}
"""By name, the best first.

"_M" is llama.cpp's own recipe. The plain names have one type throughout, and of the embeddings six
bits where the type is a K-quant: nearly what llama.cpp calls "_S", but not the same.
"""


class TypeChoice:
    """The choice of types for the tensors of one model.

    Attributes:
        unknown: a tensor for which a recipe has further rules, not carried here: of mixtures of
            experts and of fused attention. None where there is none.
    """

    def __init__(self, preset: Preset, rows: Mapping[str, int]) -> None:
        """Take the preset, and the rows of all tensors of the model by name."""
        self._preset, names = preset, list(rows)
        self._is_tied = _OUTPUT not in names
        self.unknown = next(filter(_MORE_RULES.search, names if preset.mixed else []), None)
        layers = sum("attn_v.weight" in name for name in names)
        first = [rows.get(f"blk.0.attn_{part}.weight", 0) for part in "qv"]
        self._is_70b = layers == 80 and first[0] > first[1]
        self._places = {
            **_places(name for name in names if "attn_v.weight" in name),
            **_places(name for name in names if "ffn_down" in name),
        }

    def wanted(self, name: str, dimensions: int) -> gguf.GGMLQuantizationType | None:
        """Return the type that the preset has for a tensor; None for one that stays floats."""
        if dimensions < 2 or not name.endswith("weight") or _KEPT.search(name):
            return None
        kind = self._preset.kind
        if name == _OUTPUT or (name == _EMBEDDING and (self._is_tied or not self._preset.mixed)):
            return _Kind.Q6_K if kind in _K_QUANTS else kind
        if self._preset.mixed and name in self._places and _has_more_bits(*self._places[name]):
            return _Kind.Q6_K
        # With 8 heads to one, more bits for attn_v cost next to nothing: LLM_TYPE_70B.
        is_shared = self._is_70b and self._preset.mixed and "attn_v.weight" in name
        return _Kind.Q5_K if is_shared and kind == _Kind.Q4_K else kind


def fitting(kind: gguf.GGMLQuantizationType, row: int) -> gguf.GGMLQuantizationType:
    """Return the type for rows of so many weights: smaller blocks, or 16-bit floats, if need be."""
    for candidate in (kind, _SMALLER.get(kind, _Kind.F16)):
        if row % gguf.GGML_QUANT_SIZES[candidate][0] == 0:
            return candidate
    return _Kind.F16


def _places(names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return the place of each among all of them, in order of the layers."""
    ordered = sorted(names, key=lambda name: [int(n) for n in re.findall(r"\d+", name)])
    return {name: (place, len(ordered)) for place, name in enumerate(ordered)}


def _has_more_bits(place: int, count: int) -> bool:
    """Return whether a recipe spends more on a layer: the first, the last, each third between."""
    first = count // 8
    return place < first or place >= 7 * count // 8 or (place - first) % 3 == 2
