"""Small random checkpoints of every architecture, and their forward pass in numpy.

The forward pass is written from transformers' definitions, with Hugging Face's order of rows
(rotate_half), and shares nothing with the converter.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from tests.support.llama_checkpoint import TOKENIZER

INNER, HEADS, KV_HEADS, LAYERS, HEAD_DIM, EPSILON = 128, 4, 2, 2, 32, 1e-6
VOCABULARY = 300
WIDTHS = {"llama": 64, "mistral": 64, "qwen2": HEADS * HEAD_DIM, "qwen3": 64}
CLASSES = {
    "llama": "LlamaForCausalLM",
    "mistral": "MistralForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
}
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
    "rope_theta": 500_000.0,
}


def config(kind: str, **changes: Any) -> dict[str, Any]:
    return {
        "model_type": kind,
        "architectures": [CLASSES[kind]],
        "vocab_size": VOCABULARY,
        "hidden_size": WIDTHS[kind],
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "head_dim": HEAD_DIM,
        "max_position_embeddings": 512,
        "rms_norm_eps": EPSILON,
        "rope_theta": 10_000.0,
        "eos_token_id": 2,
        **changes,
    }


def random_tensors(kind: str, layers: int = LAYERS) -> dict[str, Any]:
    random, width = np.random.default_rng(1), WIDTHS[kind]

    def normal(*shape: int, scale: float = 0.2) -> Any:
        return (random.standard_normal(shape) * scale).astype(np.float16).astype(np.float32)

    tensors = {
        "model.embed_tokens.weight": normal(VOCABULARY, width, scale=0.5),
        "model.norm.weight": 1 + normal(width),
        "lm_head.weight": normal(VOCABULARY, width, scale=0.3),
    }
    queries, keys = HEADS * HEAD_DIM, KV_HEADS * HEAD_DIM
    for layer in range(layers):
        prefix = f"model.layers.{layer}."
        attention = f"{prefix}self_attn."
        tensors |= {
            f"{prefix}input_layernorm.weight": 1 + normal(width),
            f"{prefix}post_attention_layernorm.weight": 1 + normal(width),
            f"{attention}q_proj.weight": normal(queries, width),
            f"{attention}k_proj.weight": normal(keys, width),
            f"{attention}v_proj.weight": normal(keys, width),
            f"{attention}o_proj.weight": normal(width, queries),
            f"{prefix}mlp.gate_proj.weight": normal(INNER, width),
            f"{prefix}mlp.up_proj.weight": normal(INNER, width),
            f"{prefix}mlp.down_proj.weight": normal(width, INNER),
        }
        if kind == "qwen2":
            for name, rows in (("q", queries), ("k", keys), ("v", keys)):
                tensors[f"{attention}{name}_proj.bias"] = normal(rows, scale=0.5)
        if kind == "qwen3":
            for name in ("q_norm", "k_norm"):
                tensors[f"{attention}{name}.weight"] = 1 + normal(HEAD_DIM, scale=0.3)
    return tensors


def write_decoder(directory: Path, kind: str, **changes: Any) -> dict[str, Any]:
    """Write a checkpoint with the tests' tokenizer; return its tensors."""
    directory.mkdir(exist_ok=True)
    tensors = random_tensors(kind)
    (directory / "config.json").write_text(json.dumps(config(kind, **changes)))
    (directory / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    save_file(tensors, directory / "model.safetensors")
    return tensors


def inverse_frequencies(rope: dict[str, Any]) -> Any:
    """RoPE's frequencies, those of Llama 3 scaled as transformers' modeling_rope_utils does."""
    inverse = rope["rope_theta"] ** (-np.arange(0, HEAD_DIM, 2) / HEAD_DIM)
    if rope.get("rope_type") != "llama3":
        return inverse
    scaled = []
    for frequency in inverse:
        wavelength, context = 2 * math.pi / frequency, rope["original_max_position_embeddings"]
        if wavelength < context / rope["high_freq_factor"]:
            scaled.append(frequency)
        elif wavelength > context / rope["low_freq_factor"]:
            scaled.append(frequency / rope["factor"])
        else:
            smooth = (context / wavelength - rope["low_freq_factor"]) / (
                rope["high_freq_factor"] - rope["low_freq_factor"]
            )
            scaled.append((1 - smooth) * frequency / rope["factor"] + smooth * frequency)
    return np.array(scaled)


def log_probabilities(tensors: dict[str, Any], tokens: list[int], rope: dict[str, Any]) -> Any:
    """Log-probabilities of the next token after each, shape (tokens, vocabulary)."""
    count = len(tokens)
    hidden = tensors["model.embed_tokens.weight"][tokens].astype(np.float64)
    angles = np.outer(np.arange(count), inverse_frequencies(rope))
    cosine, sine = (np.tile(part, 2) for part in (np.cos(angles), np.sin(angles)))

    def normed(values: Any, weight: Any) -> Any:
        return values / np.sqrt((values**2).mean(-1, keepdims=True) + EPSILON) * weight

    def rotated(values: Any) -> Any:
        half = HEAD_DIM // 2
        turned = np.concatenate([-values[..., half:], values[..., :half]], -1)
        return values * cosine + turned * sine

    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        attention = f"{prefix}self_attn."
        inner = normed(hidden, tensors[f"{prefix}input_layernorm.weight"])

        def heads(name: str, many: int, inner: Any = inner, attention: str = attention) -> Any:
            projected = inner @ tensors[f"{attention}{name}_proj.weight"].T
            projected = projected + tensors.get(f"{attention}{name}_proj.bias", 0)
            split = projected.reshape(count, many, HEAD_DIM).transpose(1, 0, 2)
            norm = tensors.get(f"{attention}{name}_norm.weight")
            return split if norm is None else normed(split, norm)

        query, key = rotated(heads("q", HEADS)), rotated(heads("k", KV_HEADS))
        key, value = (np.repeat(x, HEADS // KV_HEADS, 0) for x in (key, heads("v", KV_HEADS)))
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(HEAD_DIM)
        scores += np.triu(np.full((count, count), -1e30), 1)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        seen = (weights @ value).transpose(1, 0, 2).reshape(count, -1)
        hidden = hidden + seen @ tensors[f"{attention}o_proj.weight"].T
        inner = normed(hidden, tensors[f"{prefix}post_attention_layernorm.weight"])
        gate = inner @ tensors[f"{prefix}mlp.gate_proj.weight"].T
        up = inner @ tensors[f"{prefix}mlp.up_proj.weight"].T
        hidden = hidden + (gate / (1 + np.exp(-gate)) * up) @ (
            tensors[f"{prefix}mlp.down_proj.weight"].T
        )
    return log_softmax(normed(hidden, tensors["model.norm.weight"]) @ tensors["lm_head.weight"].T)


def log_softmax(logits: Any) -> Any:
    moved = logits - logits.max(-1, keepdims=True)
    return moved - np.log(np.exp(moved).sum(-1, keepdims=True))
