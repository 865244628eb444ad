"""A Hugging Face checkpoint becomes a GGUF file with the same content, or a clear refusal."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from model_artifacts.gguf.convert import ModelInfo, convert
from model_artifacts.gguf.errors import UnsupportedCheckpointError
from model_artifacts.gguf.target import UnwritableTargetError
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
        ("config.json", {"model_type": "gpt2"}, "'gpt2' is not supported.*'llama', 'mistral', "),
        ("config.json", {"attention_bias": True}, "attention_bias True is not supported"),
        ("config.json", {"rope_scaling": {"rope_type": "yarn"}, "rope_parameters": None},
         "rope_scaling: rope_type 'yarn' is not supported.*'default', 'linear', 'llama3'"),
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


def replace(checkpoint, tensors, **changes):
    """Store the checkpoint's tensors with some changed; one changed to None is left out."""
    changed = {name: tensor for name, tensor in (tensors | changes).items() if tensor is not None}
    save_file(changed, checkpoint / "model.safetensors")


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        ("model.norm.weight", None, "1 tensors are missing, output_norm.weight"),
        ("model.layers.0.mlp.up_proj.weight", None, "1 tensors are missing, blk.0.ffn_up.weight"),
        ("model.layers.1.input_layernorm.weight", np.ones(HIDDEN, np.float32), "is not part of"),
        ("model.layers.0.self_attn.q_proj.bias", np.ones(32, np.float32), "is not part of"),
        ("model.norm.weight", np.ones(HIDDEN + 1, np.float32), r"is \(33,\); .* must be \(32,\)"),
        ("model.layers.0.self_attn.k_proj.weight", np.ones((8, HIDDEN), np.float32), "must be"),
        ("model.layers.0.mlp.up_proj.weight", np.full((64, HIDDEN), 1e5, np.float32), "65504"),
        ("model.norm.weight", np.full(HIDDEN, np.nan, np.float32), "that are no numbers"),
    ],
)  # fmt: skip
def test_tensors_that_make_another_model_are_refused(checkpoint, tensors, name, tensor, message):
    replace(checkpoint, tensors, **{name: tensor})
    with pytest.raises(UnsupportedCheckpointError, match=message):
        converted(checkpoint)
    assert not checkpoint.with_suffix(".gguf").exists()


def test_untied_output_matrix_must_be_there(checkpoint, tensors):
    change_json(checkpoint, "config.json", tie_word_embeddings=False)
    assert "output.weight" in {tensor.name for tensor in converted(checkpoint).tensors}
    replace(checkpoint, tensors, **{"lm_head.weight": None})
    with pytest.raises(UnsupportedCheckpointError, match=r"output\.weight"):
        converted(checkpoint)


def test_frequencies_of_old_checkpoints_are_left_out(checkpoint, tensors):
    name = "model.layers.0.self_attn.rotary_emb.inv_freq"
    replace(checkpoint, tensors, **{name: np.ones(HEAD_DIM // 2, np.float32)})
    assert len(converted(checkpoint).tensors) == len(tensors) - 1  # the tied matrix, too


@pytest.mark.parametrize("spelling", ["type", "rope_type"])
def test_linear_scaling_of_positions_is_carried(checkpoint, spelling):
    scaling = {spelling: "linear", "factor": 2.0}
    change_json(checkpoint, "config.json", rope_scaling=scaling, rope_parameters=None)
    reader = converted(checkpoint)
    assert field(reader, "llama.rope.scaling.type") == "linear"
    assert field(reader, "llama.rope.scaling.factor") == 2.0


def test_scaling_of_llama_3_is_carried_as_a_tensor(checkpoint):
    scaling = {
        "rope_type": "llama3",
        "factor": 4.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32,
        "rope_theta": 5000.0,
    }
    change_json(checkpoint, "config.json", rope_parameters=scaling)
    reader = converted(checkpoint)
    stored = {tensor.name: tensor.data for tensor in reader.tensors}["rope_freqs.weight"]
    assert stored.dtype == np.float32
    assert stored.shape == (HEAD_DIM // 2,)
    assert stored[0] < stored[-1] == 4.0  # waves of 6 and of 4,000 tokens
    assert field(reader, "llama.rope.scaling.type") is None


def test_shard_that_the_index_names_must_be_there(checkpoint, tensors):
    (checkpoint / "model.safetensors").rename(checkpoint / "model-00001-of-00002.safetensors")
    shards = dict.fromkeys(tensors, "model-00001-of-00002.safetensors")
    shards["model.norm.weight"] = "model-00002-of-00002.safetensors"
    index = checkpoint / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": shards}))
    with pytest.raises(UnsupportedCheckpointError, match=r"00002-of-00002.*No such file"):
        converted(checkpoint)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_key_that_stands_twice_is_refused(checkpoint, name):
    text = (checkpoint / name).read_text()
    key = "model_type" if name == "config.json" else "pre_tokenizer"
    (checkpoint / name).write_text(f'{{"{key}": "other", {text[1:]}')
    with pytest.raises(UnsupportedCheckpointError, match=f"key '{key}' stands twice"):
        converted(checkpoint)


def test_refused_checkpoint_leaves_an_earlier_file_alone(checkpoint):
    target = checkpoint.with_suffix(".gguf")
    target.write_bytes(b"earlier")
    change_json(checkpoint, "config.json", mlp_bias=True)
    with pytest.raises(UnsupportedCheckpointError):
        converted(checkpoint)
    assert target.read_bytes() == b"earlier"


def test_target_without_a_folder_is_refused(checkpoint, tmp_path):
    with pytest.raises(UnwritableTargetError, match="must be a file in a folder that is there"):
        convert(checkpoint, tmp_path / "missing" / "out.gguf", ModelInfo("tiny"))


def test_unknown_tensor_is_refused_by_name(checkpoint, tensors):
    replace(checkpoint, tensors, **{"model.surprise": np.ones(2, np.float32)})
    with pytest.raises(UnsupportedCheckpointError, match=r"model\.surprise is not part of"):
        converted(checkpoint)
