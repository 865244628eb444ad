"""Kinds of content that the model takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import TemplateError

from tests.support.prompt_of_prod import prompt_of_prod
from tests.support.stage_files import PROD, load, message


def test_a_model_takes_text_alone_by_default(root: Path) -> None:
    assert load(root, PROD).model.modalities == ["text"]


def test_other_kinds_come_beside_text(root: Path) -> None:
    modalities = ["text", "image", "audio", "video"]
    assert load(root, PROD, model__modalities=modalities).model.modalities == modalities


@pytest.mark.parametrize("modalities", [[], ["image"], ["text", "text"], ["text", "smell"]])
def test_text_is_one_of_them_and_each_is_known(root: Path, modalities: list[str]) -> None:
    assert "model.modalities" in message(root, PROD, model__modalities=modalities)


def test_prod_asks_as_its_model_was_trained() -> None:
    turns = [
        {"role": "user", "content": "Write a paragraph."},
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": "Another."},
    ]
    assert prompt_of_prod(turns) == (
        "<s>Below is an instruction that describes a task. Write a response that appropriately "
        "completes the request.\n\n"
        "### Instruction:\nWrite a paragraph.\n\n### Response:\nDone.</s>\n\n"
        "### Instruction:\nAnother.\n\n### Response:\n"
    )


def test_prod_refuses_calls_that_its_model_was_not_trained_for() -> None:
    asked = {"role": "user", "content": "Which time is it?"}
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "a"}]}
    result = {"role": "tool", "tool_call_id": "a", "content": "12:00"}
    older = {"role": "function", "name": "time", "content": "12:00"}
    for turns in ([asked, call], [asked, call, result], [asked, result], [asked, older]):
        with pytest.raises(TemplateError, match="trained without functions"):
            prompt_of_prod(turns)
    silent = {"role": "assistant", "content": None}
    assert "### Response:\n</s>" in prompt_of_prod([asked, silent, asked])


def test_prod_refuses_instructions_that_would_be_left_out() -> None:
    told, asked = {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}
    assert prompt_of_prod([told, asked]).startswith("<s>Be brief.\n\n### Instruction:\nWhy?")
    for turns in ([told, told, asked], [asked, told], [told, asked, told]):
        with pytest.raises(TemplateError, match="at the beginning alone"):
            prompt_of_prod(turns)


def test_a_template_too_long_for_a_variable_is_refused(root: Path) -> None:
    told = message(root, PROD, model__chat_template="{" + "x" * 1024)
    assert "'chat_template' must be at most 1024 characters, SageMaker's limit" in told
