"""The shipped demo model in Hugging Face's layout, for engines that read no GGUF.

`python -m model_artifacts.training.checkpoint DIR` writes it. The weights are those of the shipped
file to the bit: each number of Q8_0 is a 16-bit scale times an 8-bit integer, which 32 bits hold.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from model_artifacts.gguf.vocabulary import LLAMA3_SPLIT

DEMO = Path(__file__).parents[1] / "demo" / "llm-twin-demo-q8_0.gguf"

_Weights = NDArray[np.float32]


def write_checkpoint(source: Path, directory: Path) -> None:
    """Write a GGUF file that the recipe made as a checkpoint of 32-bit floats.

    Args:
        source: A GGUF file as the recipe makes it: Llama, byte-level BPE, tied embeddings.
        directory: Is made if it is not there; gets config.json, model.safetensors, tokenizer.json,
            tokenizer_config.json and chat_template.jinja.

    Raises:
        OSError: The directory cannot be written.
    """
    reader = gguf.GGUFReader(source)
    fields = {name: field.contents() for name, field in reader.fields.items()}
    directory.mkdir(parents=True, exist_ok=True)
    save_file(
        dict(_tensors(reader, fields)), directory / "model.safetensors", metadata={"format": "pt"}
    )
    tokens = fields["tokenizer.ggml.tokens"]
    documents = {
        "config.json": _config(fields),
        "tokenizer.json": _tokenizer(fields),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": tokens[fields["tokenizer.ggml.eos_token_id"]],
            "pad_token": tokens[fields["tokenizer.ggml.padding_token_id"]],
            "model_max_length": fields["llama.context_length"],
        },
    }
    for name, document in documents.items():
        (directory / name).write_text(json.dumps(document, indent=1) + "\n")
    (directory / "chat_template.jinja").write_text(fields["tokenizer.chat_template"])


def _tensors(reader: gguf.GGUFReader, fields: dict[str, Any]) -> Iterator[tuple[str, _Weights]]:
    names = _hugging_face_names(fields["llama.block_count"])
    heads = {
        "attn_q": fields["llama.attention.head_count"],
        "attn_k": fields["llama.attention.head_count_kv"],
    }
    for tensor in reader.tensors:
        weights = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        kind = tensor.name.split(".")[-2]
        if kind in heads:
            weights = _halved(weights, heads[kind])
        yield names[tensor.name], np.ascontiguousarray(weights)


def _hugging_face_names(layers: int) -> dict[str, str]:
    """Name Hugging Face's tensor for each of GGUF's."""
    known = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, layers)
    found = {
        known.get_name(name): name
        for name in ("model.embed_tokens", "model.norm", *map(".".join, _of_layers(layers)))
    }
    return {f"{theirs}.weight": f"{ours}.weight" for theirs, ours in found.items()}


def _of_layers(layers: int) -> Iterator[tuple[str, str, str]]:
    parts = [f"self_attn.{name}_proj" for name in "qkvo"]
    parts += [f"mlp.{name}_proj" for name in ("gate", "up", "down")]
    parts += ["input_layernorm", "post_attention_layernorm"]
    for layer in range(layers):
        for part in parts:
            yield "model.layers", str(layer), part


def _halved(weights: _Weights, heads: int) -> _Weights:
    """Undo the order of rows that `model_artifacts.gguf.convert` gives query and key weights."""
    pairs = weights.reshape(heads, -1, 2, weights.shape[1])
    return pairs.swapaxes(1, 2).reshape(weights.shape)


def _config(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "float32",
        "vocab_size": fields["llama.vocab_size"],
        "hidden_size": fields["llama.embedding_length"],
        "intermediate_size": fields["llama.feed_forward_length"],
        "num_hidden_layers": fields["llama.block_count"],
        "num_attention_heads": fields["llama.attention.head_count"],
        "num_key_value_heads": fields["llama.attention.head_count_kv"],
        "head_dim": fields["llama.attention.key_length"],
        "max_position_embeddings": fields["llama.context_length"],
        # GGUF keeps it in 32 bits: 0.00001 comes back as 0.000009999999747378752.
        "rms_norm_eps": float(str(np.float32(fields["llama.attention.layer_norm_rms_epsilon"]))),
        "rope_parameters": {"rope_type": "default", "rope_theta": fields["llama.rope.freq_base"]},
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "eos_token_id": fields["tokenizer.ggml.eos_token_id"],
        "pad_token_id": fields["tokenizer.ggml.padding_token_id"],
    }


def _tokenizer(fields: dict[str, Any]) -> dict[str, Any]:
    """Return tokenizer.json: byte-level BPE with Llama 3's split, as the recipe trains it."""
    tokens, types = fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    split = {"type": "Split", "pattern": {"Regex": LLAMA3_SPLIT}}
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": number, "content": token, "special": True, **plain}
            for number, (token, kind) in enumerate(zip(tokens, types, strict=True))
            if kind == gguf.TokenType.CONTROL
        ],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {**split, "behavior": "Isolated", "invert": False},
                {**byte_level, "use_regex": False},
            ],
        },
        "post_processor": None,
        "decoder": {**byte_level, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": True,
            "vocab": {token: number for number, token in enumerate(tokens)},
            "merges": [pair.split(" ") for pair in fields["tokenizer.ggml.merges"]],
        },
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m model_artifacts.training.checkpoint", description=__doc__
    )
    parser.add_argument("directory", type=Path, help="is made if it is not there")
    chosen = parser.parse_args(arguments)
    try:
        write_checkpoint(DEMO, chosen.directory)
    except OSError as error:
        parser.error(
            f"directory: got '{chosen.directory}': {error.strerror}; must be a folder, there or not"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
