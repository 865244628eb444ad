"""A tokenizer in GGUF's fields."""

from __future__ import annotations

import gguf

from tests.support.llama_checkpoint import change_json, converted, field


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
