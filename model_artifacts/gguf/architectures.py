"""Architectures that can be converted: what sets each apart from Llama.

Names and defaults are those of transformers:
https://github.com/huggingface/transformers/tree/main/src/transformers/models
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import gguf


@dataclass(frozen=True)
class Architecture:
    """A decoder with RoPE, RMS norms and a gated feed-forward layer.

    Attributes:
        causal_lm: the class that config.json names.
        gguf: GGUF's architecture, in which llama.cpp computes the model.
        pairs_rows: whether llama.cpp rotates neighbouring rows of query and key (its NORM), so that
            Hugging Face's two halves have to be reordered; else it rotates halves, too (its NEOX):
            https://github.com/ggml-org/llama.cpp/blob/master/src/llama-model.cpp, rope_type
        biases: whether query, key and value have biases.
        head_norms: whether query and key are normed by head.
        whole_width: whether the heads have the hidden size together, and nothing else.
        defaults: values of keys that a config.json may leave out.
    """

    causal_lm: str
    gguf: gguf.MODEL_ARCH
    pairs_rows: bool = False
    biases: bool = False
    head_norms: bool = False
    whole_width: bool = False
    defaults: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """GGUF's name of the architecture."""
        return str(gguf.MODEL_ARCH_NAMES[self.gguf])


ARCHITECTURES = {
    "llama": Architecture("LlamaForCausalLM", gguf.MODEL_ARCH.LLAMA, pairs_rows=True),
    "mistral": Architecture(
        "MistralForCausalLM",
        gguf.MODEL_ARCH.LLAMA,
        pairs_rows=True,
        defaults={"num_key_value_heads": 8},
    ),
    "qwen2": Architecture(
        "Qwen2ForCausalLM",
        gguf.MODEL_ARCH.QWEN2,
        biases=True,
        whole_width=True,
        defaults={"num_key_value_heads": 32},
    ),
    "qwen3": Architecture(
        "Qwen3ForCausalLM",
        gguf.MODEL_ARCH.QWEN3,
        head_norms=True,
        defaults={"num_key_value_heads": 32, "head_dim": 128},
    ),
}
"""By config.json's `model_type`."""
