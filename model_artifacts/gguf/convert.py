"""Conversion of a Hugging Face checkpoint to a GGUF file of 16-bit floats, tensor by tensor.

Other architectures need llama.cpp's own converter (convert_hf_to_gguf.py), which needs torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeVar

import gguf
import numpy as np
from numpy.typing import NDArray

from model_artifacts.gguf.checkpoint import (
    DecoderConfig,
    read_config,
)
from model_artifacts.gguf.errors import UnsupportedCheckpointError
from model_artifacts.gguf.shapes import NOT_WEIGHTS, tensor_shapes
from model_artifacts.gguf.stored_tensors import StoredTensor, stored_tensors
from model_artifacts.gguf.target import check_target, write_file
from model_artifacts.gguf.vocabulary import Vocabulary, read_vocabulary

_Float = TypeVar("_Float", np.float16, np.float32, np.float16 | np.float32)
_Stored = NDArray[np.float16 | np.float32]


@dataclass(frozen=True)
class ModelInfo:
    """The description of a model inside a GGUF file.

    Attributes:
        name: Name shown by engines.
        license: SPDX identifier, such as apache-2.0.
        description: One sentence.
    """

    name: str
    license: str | None = None
    description: str | None = None


def convert(checkpoint: Path, target: Path, info: ModelInfo) -> tuple[str, ...]:
    """Write the checkpoint as one GGUF file; one tensor at a time is in memory.

    Returns:
        What a person should know of what was left out.

    Raises:
        UnsupportedCheckpointError: The checkpoint is not one we convert; nothing is written.
        UnwritableTargetError: The target cannot be written.
    """
    check_target(target)
    config = read_config(checkpoint)
    vocabulary = read_vocabulary(checkpoint, config)
    tensors = dict(_gguf_tensors(checkpoint, config))
    writer = gguf.GGUFWriter(None, config.architecture.name)
    _add_info(writer, info)
    _add_shape(writer, config)
    _add_vocabulary(writer, vocabulary, config)
    for name, tensor in tensors.items():
        kind = np.dtype(_kind(tensor))
        size = int(np.prod(tensor.shape)) * kind.itemsize
        writer.add_tensor_info(name, tensor.shape, kind, size)
    content: Iterator[_Stored] = (_stored(tensor, config) for tensor in tensors.values())
    if config.rope.kind == "llama3":
        factors = config.rope.divisors(config.rope_theta, config.head_dim)
        writer.add_tensor_info("rope_freqs.weight", factors.shape, factors.dtype, factors.nbytes)
        content = chain(content, [factors])
    write_file(writer, target, content)
    return vocabulary.notes


def _add_info(writer: gguf.GGUFWriter, info: ModelInfo) -> None:
    writer.add_name(info.name)
    if info.license:
        writer.add_license(info.license)
    if info.description:
        writer.add_description(info.description)


def _add_shape(writer: gguf.GGUFWriter, config: DecoderConfig) -> None:
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_rope_dimension_count(config.head_dim)
    if config.rope.kind == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(config.rope.factor)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)


def _add_vocabulary(writer: gguf.GGUFWriter, vocabulary: Vocabulary, config: DecoderConfig) -> None:
    writer.add_tokenizer_model("gpt2")  # GGUF's name for every byte-level BPE
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(vocabulary.merges)
    # Said outright, because llama.cpp's default depends on the pre-tokenizer.
    writer.add_add_bos_token(vocabulary.adds_bos)
    for add, number in (
        (writer.add_bos_token_id, config.bos_token_id),
        (writer.add_eos_token_id, config.eos_token_id),
        (writer.add_pad_token_id, config.pad_token_id),
    ):
        if number is not None:
            add(number)
    if vocabulary.chat_template:
        writer.add_chat_template(vocabulary.chat_template)


def _gguf_tensors(checkpoint: Path, config: DecoderConfig) -> Iterator[tuple[str, StoredTensor]]:
    names = gguf.get_tensor_name_map(config.architecture.gguf, config.num_hidden_layers)
    missing = tensor_shapes(config)
    for tensor in stored_tensors(checkpoint):
        name = tensor.name
        if name.endswith(NOT_WEIGHTS) or (name == "lm_head.weight" and config.tie_word_embeddings):
            continue
        gguf_name = names.get_name(name, (".weight", ".bias"))
        if gguf_name is None or (shape := missing.pop(gguf_name, None)) is None:
            raise UnsupportedCheckpointError(
                f"tensor {name} is not part of the {config.model_type} architecture"
            )
        if tensor.shape != shape:
            raise UnsupportedCheckpointError(
                f"tensor {name} is {tensor.shape}; by config.json it must be {shape}"
            )
        yield gguf_name, tensor
    if missing:
        raise UnsupportedCheckpointError(
            f"{len(missing)} tensors are missing, {min(missing)} (GGUF's name) among them; "
            "config.json describes a model that has all"
        )


def _kind(tensor: StoredTensor) -> type[np.float16 | np.float32]:
    """Return the type to write: 16 bits for matrices, 32 for vectors, which are norms and biases.

    llama.cpp computes those in 32 bits.
    """
    return np.float32 if len(tensor.shape) == 1 else np.float16


def _stored(tensor: StoredTensor, config: DecoderConfig) -> _Stored:
    """Read a tensor as it is written; in memory are the result and a few rows."""
    stored = np.empty(tensor.shape, _kind(tensor))
    for rows, values in tensor.rows():
        with np.errstate(over="ignore"):
            stored[rows] = values
        if not np.isfinite(stored[rows]).all():
            raise UnsupportedCheckpointError(
                f"tensor {tensor.name} has values that are no numbers, or beyond 65504, which "
                "16-bit floats end at"
            )
    return as_llama_cpp_rotates(tensor.name, stored, config)


def as_llama_cpp_rotates(
    name: str, stored: NDArray[_Float], config: DecoderConfig
) -> NDArray[_Float]:
    """Return a matrix with the rows of queries and keys in the order that llama.cpp rotates.

    Hugging Face rotates the two halves of a head against each other, llama.cpp neighbouring pairs
    (LLAMA_ROPE_TYPE_NORM), for some architectures:
    https://github.com/ggml-org/llama.cpp/blob/master/conversion/llama.py

    Args:
        name: Hugging Face's, of the tensor.
        stored: the matrix; its rows are those of the tensor.
        config: of the model.
    """
    if config.architecture.pairs_rows and name.endswith("q_proj.weight"):
        heads = config.num_attention_heads
    elif config.architecture.pairs_rows and name.endswith("k_proj.weight"):
        heads = config.num_key_value_heads
    else:
        return stored
    halves = stored.reshape(heads, 2, config.head_dim // 2, stored.shape[1])
    return halves.swapaxes(1, 2).reshape(stored.shape)
