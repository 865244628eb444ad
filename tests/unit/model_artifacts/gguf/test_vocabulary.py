"""A tokenizer in GGUF's fields."""

from __future__ import annotations

import gguf
import pytest

from model_artifacts.gguf.convert import ModelInfo, convert
from model_artifacts.gguf.errors import UnsupportedCheckpointError
from model_artifacts.gguf.vocabulary import LLAMA3_SPLIT, NORMALIZER_NOTE, TEKKEN_SPLIT
from tests.support.llama_checkpoint import TOKENIZER, change_json, converted, field


def test_tokens_keep_their_numbers_and_kinds(checkpoint):
    reader = converted(checkpoint)
    assert field(reader, "tokenizer.ggml.tokens") == [
        "[PAD0]", "<|start|>", "<|end|>", "a", "b", "ab", "added", "[PAD7]"
    ]  # fmt: skip
    kinds = [gguf.TokenType(kind).name for kind in field(reader, "tokenizer.ggml.token_type")]
    assert kinds == [
        "UNUSED", "CONTROL", "CONTROL", "NORMAL", "NORMAL", "NORMAL", "USER_DEFINED", "UNUSED"
    ]  # fmt: skip


def test_template_and_start_token_of_an_older_checkpoint_are_found(checkpoint):
    (checkpoint / "chat_template.jinja").unlink()
    (checkpoint / "tokenizer_config.json").write_text('{"chat_template": "older"}')
    start = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|start|>"}}]}
    change_json(checkpoint, "tokenizer.json", post_processor=start)
    reader = converted(checkpoint)
    assert field(reader, "tokenizer.chat_template") == "older"
    assert field(reader, "tokenizer.ggml.add_bos_token") is True


MODEL = TOKENIZER["model"]
SEQUENCE, SPECIAL = {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "<|end|>"}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"normalizer": {"type": "NFC"}},
            "normalizer 'NFC' is not supported with the split",
        ),
        ({"model": MODEL | {"end_of_word_suffix": "</w>"}}, "end_of_word_suffix is not supported"),
        ({"model": MODEL | {"ignore_merges": False}}, "ignore_merges False .* llama-bpe.*True"),
        ({"pre_tokenizer": {"type": "ByteLevel"}}, "ignore_merges True .* gpt-2; supported: False"),
        ({"pre_tokenizer": {"type": "Split", "invert": True}}, "that drops or joins text"),
        ({"model": MODEL | {"byte_fallback": True}}, "byte_fallback is not supported"),
        ({"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True}}, "add_prefix_space"),
        ({"post_processor": {"single": [SEQUENCE, SPECIAL]}}, "tokens after the text are not"),
        ({"model": MODEL | {"vocab": {"a": 8}}}, "token 8 is beyond config.json's vocab_size 8"),
        (
            {"model": {"type": "BPE", "ignore_merges": True}},
            "must be laid out as Hugging Face's tokenizers",
        ),
        ({"added_tokens": [{"id": 1}]}, "must be laid out as Hugging Face's tokenizers"),
    ],
)
def test_tokenizer_that_would_make_other_tokens_is_refused(checkpoint, change, message):
    change_json(checkpoint, "tokenizer.json", **change)
    with pytest.raises(UnsupportedCheckpointError, match=message):
        converted(checkpoint)


def split(regex: str, *, whole_words: bool) -> dict[str, object]:
    steps = [
        {"type": "Split", "pattern": {"Regex": regex}},
        {"type": "ByteLevel", "use_regex": False},
    ]
    return {
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": steps},
        "model": MODEL | {"ignore_merges": whole_words},
    }


def test_qwens_normalizer_is_left_out_and_noted(checkpoint, tmp_path):
    qwen = split(LLAMA3_SPLIT.replace("{1,3}", ""), whole_words=False)
    change_json(checkpoint, "tokenizer.json", normalizer={"type": "NFC"}, **qwen)
    notes = convert(checkpoint, tmp_path / "out.gguf", ModelInfo("tiny"))
    assert notes == (NORMALIZER_NOTE,)
    assert field(gguf.GGUFReader(tmp_path / "out.gguf"), "tokenizer.ggml.pre") == "qwen2"


def test_newer_mistrals_split_is_known(checkpoint):
    change_json(checkpoint, "tokenizer.json", **split(TEKKEN_SPLIT, whole_words=True))
    assert field(converted(checkpoint), "tokenizer.ggml.pre") == "tekken"
