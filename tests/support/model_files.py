"""Model files made by hand, byte for byte, so that any part of them can be wrong."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 128_256,
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 131_072,
}
"""The part of Llama 3.1 8B's config.json that decides its memory."""

UINT8, UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY, UINT64 = 0, 4, 5, 6, 7, 8, 9, 10
F32, F16, Q8_0 = 0, 1, 8


def entry(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def safetensors_bytes(header: object, data: int = 0) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(data)


def write_safetensors(path: Path, header: object, data: int = 0) -> Path:
    path.write_bytes(safetensors_bytes(header, data))
    return path


def write_checkpoint(directory: Path, tensors: dict[str, Any], data: int, **config: Any) -> Path:
    directory.mkdir(exist_ok=True)
    (directory / "config.json").write_text(json.dumps(LLAMA | config))
    write_safetensors(directory / "model.safetensors", tensors, data)
    return directory


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(raw)) + raw


def string(key: str, value: str | bytes) -> bytes:
    return text(key) + struct.pack("<I", STRING) + text(value)


def uint32(key: str, value: int) -> bytes:
    return text(key) + struct.pack("<II", UINT32, value)


def array(key: str, kind: int, count: int, elements: bytes) -> bytes:
    return text(key) + struct.pack("<IIQ", ARRAY, kind, count) + elements


def tensor(name: str, shape: list[int], kind: int, offset: int) -> bytes:
    dimensions = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return text(name) + dimensions + struct.pack("<IQ", kind, offset)


def gguf_bytes(
    fields: list[bytes],
    tensors: list[bytes],
    data: int = 0,
    *,
    version: int = 3,
    alignment: int = 32,
) -> bytes:
    start = struct.pack("<4sIQQ", b"GGUF", version, len(tensors), len(fields))
    header = start + b"".join(fields) + b"".join(tensors)
    return header + bytes(-len(header) % alignment + data)


SMALL_GGUF = gguf_bytes(
    [
        string("general.architecture", "llama"),
        uint32("general.file_type", 7),
        uint32("llama.block_count", 2),
        uint32("llama.context_length", 512),
        uint32("llama.embedding_length", 64),
        uint32("llama.attention.head_count", 4),
        uint32("llama.attention.head_count_kv", 2),
        array("tokenizer.ggml.tokens", STRING, 3, text("a") + text("b") + text("c")),
    ],
    [tensor("a", [32, 2], Q8_0, 0), tensor("b", [4], F32, 96)],
    data=96 + 16,
)
"""Two layers with two KV heads of 16, a vocabulary of 3, 68 + 16 bytes of weights."""

SMALL_ADAPTER = gguf_bytes(
    [
        string("general.architecture", "llama"),
        string("general.type", "adapter"),
        string("adapter.type", "lora"),
    ],
    [tensor("a.lora_a", [32, 1], F32, 0), tensor("a.lora_b", [1, 2], F32, 128)],
    data=128 + 8,
)
"""A LoRA adapter of rank 1 for the matrix of SMALL_GGUF."""


def write_peft_adapter(directory: Path, module: str, *, rows: int, columns: int) -> None:
    """Write an adapter of rank 1 for one matrix, as PEFT saves it."""
    directory.mkdir(parents=True)
    config = {"peft_type": "LORA", "r": 1, "lora_alpha": 1, "target_modules": [module]}
    (directory / "adapter_config.json").write_text(json.dumps(config))
    name, ends = f"base_model.model.{module}", (4 * columns, 4 * (columns + rows))
    header = {
        f"{name}.lora_A.weight": entry("F32", [1, columns], 0, ends[0]),
        f"{name}.lora_B.weight": entry("F32", [rows, 1], *ends),
    }
    write_safetensors(directory / "adapter_model.safetensors", header, ends[1])
