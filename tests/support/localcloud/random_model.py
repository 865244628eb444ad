"""A GGUF with random weights: nonsense, but of any size, and endless."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np


@dataclass(frozen=True, kw_only=True)
class Size:
    """The dimensions of a model; `is_quantized` to 4 bits, blocks of 32 with a scale."""

    width: int
    feed_forward: int
    heads: int
    kv_heads: int
    layers: int
    is_quantized: bool = False


SMALL = Size(width=64, feed_forward=128, heads=4, kv_heads=2, layers=2)
"""Half a megabyte, loaded in 10 ms."""

CONTEXT = 1_000_000
"""Tokens one answer may have: minutes, for the tests that need an answer that does not end."""

CHAT_TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}"


def write_random_model(path: Path, size: Size = SMALL) -> Path:
    """Write a Llama-architecture model with a byte-level vocabulary."""
    tokens = _byte_tokens()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(size.layers)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(size.width)
    writer.add_feed_forward_length(size.feed_forward)
    writer.add_head_count(size.heads)
    writer.add_head_count_kv(size.kv_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(size.width // size.heads)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list([*tokens, "<|im_start|>", "<|im_end|>", "ab"])
    kinds = [gguf.TokenType.NORMAL] * len(tokens) + [gguf.TokenType.CONTROL] * 2
    writer.add_token_types([*kinds, gguf.TokenType.NORMAL])
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(len(tokens) + 1)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)
    for name, shape in _shapes(size, len(tokens) + 3).items():
        if size.is_quantized and name.startswith("blk") and len(shape) == 2:
            blocks = _quantized(shape)
            writer.add_tensor(name, blocks, raw_dtype=gguf.GGMLQuantizationType.Q4_0)
        else:
            weights = np.random.default_rng(len(name)).standard_normal(shape) * 0.1
            writer.add_tensor(name, weights.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _byte_tokens() -> list[str]:
    """GPT-2's printable stand-ins for the 256 bytes."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


def _quantized(shape: tuple[int, ...]) -> np.ndarray:
    """Random blocks of Q4_0: a 16-bit scale, and 16 bytes for 32 weights."""
    rows, columns = shape
    blocks = np.random.default_rng(rows).integers(0, 256, (rows, columns // 32, 18), np.uint8)
    blocks[:, :, :2] = np.array([0.01], np.float16).view(np.uint8)
    return blocks.reshape(rows, -1)


def _shapes(size: Size, vocabulary: int) -> dict[str, tuple[int, ...]]:
    width, feed_forward = size.width, size.feed_forward
    narrow = width * size.kv_heads // size.heads
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (vocabulary, width),
        "output.weight": (vocabulary, width),
        "output_norm.weight": (width,),
    }
    for layer in range(size.layers):
        block = {
            "attn_norm": (width,),
            "attn_q": (width, width),
            "attn_k": (narrow, width),
            "attn_v": (narrow, width),
            "attn_output": (width, width),
            "ffn_norm": (width,),
            "ffn_gate": (feed_forward, width),
            "ffn_up": (feed_forward, width),
            "ffn_down": (width, feed_forward),
        }
        shapes |= {f"blk.{layer}.{name}.weight": shape for name, shape in block.items()}
    return shapes
