"""A Hugging Face checkpoint becomes a GGUF file with the same content, or a clear refusal."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import numpy as np
import pytest
from safetensors.numpy import save_file

from model_artifacts.gguf.checkpoint import UnsupportedCheckpointError, read_tensors
from model_artifacts.gguf.convert import ModelInfo, convert, main
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


@pytest.fixture
def tensors():
    random = np.random.default_rng(0)
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}


@pytest.fixture
def checkpoint(tmp_path: Path, tensors):
    directory = tmp_path / "checkpoint"
    directory.mkdir()
    (directory / "config.json").write_text(json.dumps(CONFIG))
    (directory / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    (directory / "chat_template.jinja").write_text("{{ messages }}")
    save_file(tensors, directory / "model.safetensors")
    return directory


def converted(checkpoint: Path) -> gguf.GGUFReader:
    target = checkpoint.with_suffix(".gguf")
    convert(checkpoint, target, ModelInfo("tiny", "apache-2.0", "a test"))
    return gguf.GGUFReader(target)


def field(reader: gguf.GGUFReader, name: str):
    found = reader.get_field(name)
    return None if found is None else found.contents()


def change_json(checkpoint: Path, name: str, **changes: object) -> None:
    path = checkpoint / name
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


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


def test_tokens_keep_their_numbers_and_kinds(checkpoint):
    reader = converted(checkpoint)
    assert field(reader, "tokenizer.ggml.tokens") == [
        "[PAD0]", "<|start|>", "<|end|>", "a", "b", "ab", "added", "[PAD7]"
    ]  # fmt: skip
    kinds = [gguf.TokenType(kind).name for kind in field(reader, "tokenizer.ggml.token_type")]
    assert kinds == [
        "UNUSED", "CONTROL", "CONTROL", "NORMAL", "NORMAL", "NORMAL", "USER_DEFINED", "UNUSED"
    ]  # fmt: skip


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


def test_several_shards_are_read_as_one(checkpoint, tensors):
    (checkpoint / "model.safetensors").unlink()
    for shard, name in enumerate(tensors):
        save_file({name: tensors[name]}, checkpoint / f"model-{shard}.safetensors")
    assert dict(read_tensors(checkpoint)).keys() == tensors.keys()


def test_same_checkpoint_gives_the_same_file(checkpoint):
    converted(checkpoint)
    first = checkpoint.with_suffix(".gguf").read_bytes()
    for _ in range(5):
        converted(checkpoint)
        assert checkpoint.with_suffix(".gguf").read_bytes() == first


def test_bfloat16_is_widened_exactly(checkpoint):
    header = b'{"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
    halves = np.array([1.5, -2.0], np.float32).view(np.uint32) >> 16
    content = len(header).to_bytes(8, "little") + header + halves.astype(np.uint16).tobytes()
    (checkpoint / "model.safetensors").write_bytes(content)
    ((_, widened),) = read_tensors(checkpoint)
    assert widened.tolist() == [1.5, -2.0]


def test_template_and_start_token_of_an_older_checkpoint_are_found(checkpoint):
    (checkpoint / "chat_template.jinja").unlink()
    (checkpoint / "tokenizer_config.json").write_text('{"chat_template": "older"}')
    start = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|start|>"}}]}
    change_json(checkpoint, "tokenizer.json", post_processor=start)
    reader = converted(checkpoint)
    assert field(reader, "tokenizer.chat_template") == "older"
    assert field(reader, "tokenizer.ggml.add_bos_token") is True


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


def test_integer_weights_are_refused(checkpoint):
    save_file({"model.norm.weight": np.ones(2, np.int8)}, checkpoint / "model.safetensors")
    with pytest.raises(UnsupportedCheckpointError, match="I8; supported: F32, F16, BF16"):
        converted(checkpoint)


def test_command_line_names_the_model_after_its_directory(checkpoint, tmp_path):
    assert main([str(checkpoint), str(tmp_path / "out.gguf")]) == 0
    assert field(gguf.GGUFReader(tmp_path / "out.gguf"), "general.name") == "checkpoint"


def test_command_line_reports_a_missing_checkpoint_in_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit, match="1"):
        main([str(tmp_path), str(tmp_path / "out.gguf")])
    assert capsys.readouterr().err.startswith("error: no config.json in")
