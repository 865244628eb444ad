"""The tensors of a model: GGUF's names, and shapes with the rows first."""

from __future__ import annotations

from model_artifacts.gguf.checkpoint import DecoderConfig

NOT_WEIGHTS = ".rotary_emb.inv_freq"
"""End of the names of RoPE's frequencies, in old checkpoints: they follow from config.json."""


def tensor_shapes(config: DecoderConfig) -> dict[str, tuple[int, ...]]:
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
        shapes |= {f"blk.{number}.{name}": shape for name, shape in layer.items()}
    return shapes


def _layer_shapes(config: DecoderConfig) -> dict[str, tuple[int, ...]]:
    width, inner = config.hidden_size, config.intermediate_size
    queries = config.num_attention_heads * config.head_dim
    keys = config.num_key_value_heads * config.head_dim
    shapes: dict[str, tuple[int, ...]] = {
        "attn_norm.weight": (width,),
        "ffn_norm.weight": (width,),
        "attn_q.weight": (queries, width),
        "attn_k.weight": (keys, width),
        "attn_v.weight": (keys, width),
        "attn_output.weight": (width, queries),
        "ffn_gate.weight": (inner, width),
        "ffn_up.weight": (inner, width),
        "ffn_down.weight": (width, inner),
    }
    if config.architecture.biases:
        shapes |= {"attn_q.bias": (queries,), "attn_k.bias": (keys,), "attn_v.bias": (keys,)}
    if config.architecture.head_norms:
        norm = (config.head_dim,)
        shapes |= {"attn_q_norm.weight": norm, "attn_k_norm.weight": norm}
    return shapes
