"""A Hugging Face checkpoint becomes a GGUF file with the same content, or a clear refusal."""

from __future__ import annotations

import gguf
import numpy as np
import pytest
from safetensors.numpy import save_file

from model_artifacts.gguf.checkpoint import UnsupportedCheckpointError
from model_artifacts.gguf.convert import main
from tests.support.llama_checkpoint import (
    HEAD_DIM,
    HEADS,
    HIDDEN,
    KV_HEADS,
    change_json,
    converted,
    field,
)


def test_shape_tokenizer_and_card_are_written(checkpoint):
    reader = converted(checkpoint)
    assert field(reader, "general.architecture") == "llama"
    assert field(reader, "general.name") == "tiny"
    assert field(reader, "general.license") == "apache-2.0"
    assert field(reader, "llama.context_length") == 64
    assert field(reader, "llama.attention.head_count_kv") == KV_HEADS
    assert field(reader, "llama.rope.freq_base") == 5000.0
    assert field(reader, "tokenizer.chat_template") == "{{ messages }}"
    assert field(reader, "tokenizer.ggml.merges") == ["a b"]
    assert field(reader, "tokenizer.ggml.eos_token_id") == 2


def test_matrices_become_16_bit_and_norms_stay_32_bit(checkpoint, tensors):
    stored = {tensor.name: tensor for tensor in converted(checkpoint).tensors}
    embedding = stored["token_embd.weight"].data
    np.testing.assert_array_equal(
        embedding, tensors["model.embed_tokens.weight"].astype(np.float16)
    )
    np.testing.assert_array_equal(stored["output_norm.weight"].data, tensors["model.norm.weight"])


def test_tied_output_matrix_is_left_out(checkpoint):
    assert "output.weight" not in {tensor.name for tensor in converted(checkpoint).tensors}


@pytest.mark.parametrize(("name", "heads"), [("q", HEADS), ("k", KV_HEADS)])
def test_rotated_halves_become_neighbouring_pairs(checkpoint, tensors, name, heads):
    stored = {tensor.name: tensor.data for tensor in converted(checkpoint).tensors}
    ours = stored[f"blk.0.attn_{name}.weight"].reshape(heads, HEAD_DIM, HIDDEN)
    theirs = tensors[f"model.layers.0.self_attn.{name}_proj.weight"].astype(np.float16)
    theirs = theirs.reshape(heads, HEAD_DIM, HIDDEN)
    np.testing.assert_array_equal(ours[:, 0::2], theirs[:, : HEAD_DIM // 2])
    np.testing.assert_array_equal(ours[:, 1::2], theirs[:, HEAD_DIM // 2 :])


def test_same_checkpoint_gives_the_same_file(checkpoint):
    converted(checkpoint)
    first = checkpoint.with_suffix(".gguf").read_bytes()
    for _ in range(5):
        converted(checkpoint)
        assert checkpoint.with_suffix(".gguf").read_bytes() == first


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("config.json", {"model_type": "qwen2"}, "model_type 'qwen2' is not supported.*'llama'"),
        ("config.json", {"attention_bias": True}, "attention_bias True is not supported"),
        ("config.json", {"rope_scaling": {"rope_type": "llama3"}, "rope_parameters": None},
         "rope_type 'llama3' is not supported.*'default'"),
        ("config.json", {"hidden_size": -1}, "hidden_size"),
        ("config.json", {"num_key_value_heads": 3}, "must be a multiple of num_key_value_heads 3"),
        ("tokenizer.json", {"model": {"type": "Unigram"}}, "'Unigram' is not supported.*'BPE'"),
        ("tokenizer.json", {"pre_tokenizer": {"type": "Whitespace"}}, "Whitespace.*llama-bpe"),
    ],
)  # fmt: skip
def test_unsupported_checkpoint_is_refused_by_name(checkpoint, name, change, message):
    change_json(checkpoint, name, **change)
    with pytest.raises(UnsupportedCheckpointError, match=message):
        converted(checkpoint)
    assert not checkpoint.with_suffix(".gguf").exists()


def test_unknown_tensor_is_refused_by_name(checkpoint):
    save_file({"model.surprise": np.ones(2, np.float32)}, checkpoint / "extra.safetensors")
    with pytest.raises(UnsupportedCheckpointError, match=r"model\.surprise is not part of"):
        converted(checkpoint)


def test_command_line_names_the_model_after_its_directory(checkpoint, tmp_path):
    assert main([str(checkpoint), str(tmp_path / "out.gguf")]) == 0
    assert field(gguf.GGUFReader(tmp_path / "out.gguf"), "general.name") == "checkpoint"


def test_command_line_reports_a_missing_checkpoint_in_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit, match="1"):
        main([str(tmp_path), str(tmp_path / "out.gguf")])
    assert capsys.readouterr().err.startswith("error: no config.json in")
