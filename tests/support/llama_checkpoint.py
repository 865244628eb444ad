"""A Llama checkpoint of one layer, and the GGUF file made of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf

from model_artifacts.gguf.convert import ModelInfo, convert
from model_artifacts.gguf.vocabulary import LLAMA3_SPLIT

HEADS, KV_HEADS, HEAD_DIM, HIDDEN, FEED_FORWARD, VOCABULARY = 4, 2, 8, 32, 64, 8
CONFIG = {
    "model_type": "llama",
    "vocab_size": VOCABULARY,
    "hidden_size": HIDDEN,
    "intermediate_size": FEED_FORWARD,
    "num_hidden_layers": 1,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KV_HEADS,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-5,
    "rope_parameters": {"rope_theta": 5000.0, "rope_type": "default"},
    "tie_word_embeddings": True,
    "eos_token_id": [2, 1],
}
TOKENIZER = {
    "added_tokens": [
        {"id": 1, "content": "<|start|>", "special": True},
        {"id": 2, "content": "<|end|>", "special": True},
        {"id": 6, "content": "added", "special": False},
    ],
    "pre_tokenizer": {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": LLAMA3_SPLIT}},
            {"type": "ByteLevel", "use_regex": False},
        ],
    },
    "model": {
        "type": "BPE",
        "vocab": {"<|start|>": 1, "<|end|>": 2, "a": 3, "b": 4, "ab": 5},
        "merges": [["a", "b"]],
        "ignore_merges": True,
    },
}
SHAPES = {
    "model.embed_tokens.weight": (VOCABULARY, HIDDEN),
    "model.norm.weight": (HIDDEN,),
    "model.layers.0.input_layernorm.weight": (HIDDEN,),
    "model.layers.0.post_attention_layernorm.weight": (HIDDEN,),
    "model.layers.0.self_attn.q_proj.weight": (HEADS * HEAD_DIM, HIDDEN),
    "model.layers.0.self_attn.k_proj.weight": (KV_HEADS * HEAD_DIM, HIDDEN),
    "model.layers.0.self_attn.v_proj.weight": (KV_HEADS * HEAD_DIM, HIDDEN),
    "model.layers.0.self_attn.o_proj.weight": (HIDDEN, HEADS * HEAD_DIM),
    "model.layers.0.mlp.gate_proj.weight": (FEED_FORWARD, HIDDEN),
    "model.layers.0.mlp.up_proj.weight": (FEED_FORWARD, HIDDEN),
    "model.layers.0.mlp.down_proj.weight": (HIDDEN, FEED_FORWARD),
    "lm_head.weight": (VOCABULARY, HIDDEN),
}


def converted(checkpoint: Path) -> gguf.GGUFReader:
    target = checkpoint.with_suffix(".gguf")
    convert(checkpoint, target, ModelInfo("tiny", "apache-2.0", "a test"))
    return gguf.GGUFReader(target)


def field(reader: gguf.GGUFReader, name: str) -> Any:
    found = reader.get_field(name)
    return None if found is None else found.contents()


def change_json(checkpoint: Path, name: str, **changes: object) -> None:
    path = checkpoint / name
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
