"""Conversion of a Hugging Face checkpoint (Llama architecture) to a GGUF file of 16-bit floats.

Other architectures need llama.cpp's own converter (convert_hf_to_gguf.py), which needs torch.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from model_artifacts.gguf.checkpoint import (
    LlamaConfig,
    read_config,
    read_tensors,
)
from model_artifacts.gguf.errors import UnsupportedCheckpointError
from model_artifacts.gguf.shapes import NOT_WEIGHTS, tensor_shapes
from model_artifacts.gguf.vocabulary import Vocabulary, read_vocabulary

_ARCHITECTURE = "llama"


class UnwritableTargetError(ValueError):
    """The place for a file cannot take it."""


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


def convert(checkpoint: Path, target: Path, info: ModelInfo) -> None:
    """Write the checkpoint as one GGUF file; all tensors are held in memory meanwhile.

    Raises:
        UnsupportedCheckpointError: The checkpoint is not one we convert; nothing is written.
        UnwritableTargetError: The target cannot be written.
    """
    check_target(target)
    config = read_config(checkpoint)
    vocabulary = read_vocabulary(checkpoint, config)
    writer = gguf.GGUFWriter(None, _ARCHITECTURE)
    _add_info(writer, info)
    _add_shape(writer, config)
    _add_vocabulary(writer, vocabulary, config)
    for name, tensor in _gguf_tensors(checkpoint, config):
        writer.add_tensor(name, tensor)
    write_file(writer, target)


def write_file(writer: gguf.GGUFWriter, target: Path) -> None:
    """Write everything added to the writer; until all is written, what is at `target` stays."""
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        writer.write_header_to_file(unfinished)
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def check_target(target: Path) -> None:
    """Refuse a place that cannot take a file, before the work of making it.

    Raises:
        UnwritableTargetError: The folder is not there, or the place is a folder's.
    """
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise UnwritableTargetError(f"{target}: must be a file in a folder that is there")


def _add_info(writer: gguf.GGUFWriter, info: ModelInfo) -> None:
    writer.add_name(info.name)
    if info.license:
        writer.add_license(info.license)
    if info.description:
        writer.add_description(info.description)


def _add_shape(writer: gguf.GGUFWriter, config: LlamaConfig) -> None:
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


def _add_vocabulary(writer: gguf.GGUFWriter, vocabulary: Vocabulary, config: LlamaConfig) -> None:
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


def _gguf_tensors(
    checkpoint: Path, config: LlamaConfig
) -> Iterator[tuple[str, NDArray[np.float16] | NDArray[np.float32]]]:
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    missing = tensor_shapes(config)
    for name, tensor in read_tensors(checkpoint):
        if name.endswith(NOT_WEIGHTS) or (name == "lm_head.weight" and config.tie_word_embeddings):
            continue
        gguf_name = names.get_name(name, (".weight",))
        if gguf_name is None or (shape := missing.pop(gguf_name, None)) is None:
            raise UnsupportedCheckpointError(f"tensor {name} is not part of the llama architecture")
        if tensor.shape != shape:
            raise UnsupportedCheckpointError(
                f"tensor {name} is {tensor.shape}; by config.json it must be {shape}"
            )
        yield gguf_name, _stored(name, _rearrange(name, tensor, config))
    if config.rope.kind == "llama3":
        yield "rope_freqs.weight", config.rope.divisors(config.rope_theta, config.head_dim)
    if missing:
        raise UnsupportedCheckpointError(
            f"{len(missing)} tensors are missing, {min(missing)} (GGUF's name) among them; "
            "config.json describes a model that has all"
        )


def _stored(name: str, tensor: NDArray[np.float32]) -> NDArray[np.float16] | NDArray[np.float32]:
    """Return the weights as they are written: matrices in 16 bits, norms, which are vectors, in 32.

    llama.cpp computes the norms in 32 bits.
    """
    with np.errstate(over="ignore"):
        stored = tensor if tensor.ndim == 1 else tensor.astype(np.float16)
    if not np.isfinite(stored).all():
        raise UnsupportedCheckpointError(
            f"tensor {name} has values that are no numbers, or beyond 65504, which 16-bit floats "
            "end at"
        )
    return stored


def _rearrange(name: str, tensor: NDArray[np.float32], config: LlamaConfig) -> NDArray[np.float32]:
    """Reorder the rows of query and key weights.

    Hugging Face rotates the two halves of a head against each other, llama.cpp neighbouring pairs
    (LLAMA_ROPE_TYPE_NORM): https://github.com/ggml-org/llama.cpp/blob/master/conversion/llama.py
    """
    if name.endswith("q_proj.weight"):
        heads = config.num_attention_heads
    elif name.endswith("k_proj.weight"):
        heads = config.num_key_value_heads
    else:
        return tensor
    halves = tensor.reshape(heads, 2, config.head_dim // 2, tensor.shape[1])
    return halves.swapaxes(1, 2).reshape(tensor.shape)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m model_artifacts.gguf.convert", description=__doc__
    )
    parser.add_argument("checkpoint", type=Path, help="Hugging Face checkpoint directory")
    parser.add_argument("target", type=Path, help="GGUF file to write")
    parser.add_argument("--name", help="model name (default: the checkpoint directory's)")
    parser.add_argument("--license", help="SPDX identifier")
    parser.add_argument("--description", help="one sentence about the model")
    chosen = parser.parse_args(arguments)
    name = chosen.name or chosen.checkpoint.resolve().name
    try:
        convert(
            chosen.checkpoint, chosen.target, ModelInfo(name, chosen.license, chosen.description)
        )
    except (UnsupportedCheckpointError, UnwritableTargetError) as error:
        parser.exit(1, f"error: {error}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
