"""The tensors of a Llama model: GGUF's names, and shapes with the rows first."""

from __future__ import annotations

from model_artifacts.gguf.checkpoint import LlamaConfig

NOT_WEIGHTS = ".rotary_emb.inv_freq"
"""End of the names of RoPE's frequencies, in old checkpoints: they follow from config.json."""


def tensor_shapes(config: LlamaConfig) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor that a model of this config has.

    https://github.com/ggml-org/llama.cpp/blob/master/gguf-py/gguf/constants.py, MODEL_TENSORS
    """
    width, vocabulary = config.hidden_size, config.vocab_size
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (vocabulary, width),
        "output_norm.weight": (width,),
    }
    if not config.tie_word_embeddings:
        shapes["output.weight"] = (vocabulary, width)
    layer = _layer_shapes(config)
    for number in range(config.num_hidden_layers):
        shapes |= {f"blk.{number}.{name}.weight": shape for name, shape in layer.items()}
    return shapes


def _layer_shapes(config: LlamaConfig) -> dict[str, tuple[int, ...]]:
    width, inner = config.hidden_size, config.intermediate_size
    queries = config.num_attention_heads * config.head_dim
    keys = config.num_key_value_heads * config.head_dim
    return {
        "attn_norm": (width,),
        "ffn_norm": (width,),
        "attn_q": (queries, width),
        "attn_k": (keys, width),
        "attn_v": (keys, width),
        "attn_output": (width, queries),
        "ffn_gate": (inner, width),
        "ffn_up": (inner, width),
        "ffn_down": (width, inner),
    }
