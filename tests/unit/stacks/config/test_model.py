"""Kinds of content that the model takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from stacks.config import load_stage
from tests.support.project import PROJECT
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
    template = load_stage("prod", PROJECT).model.chat_template
    assert template is not None
    environment = ImmutableSandboxedEnvironment()
    turns = [
        {"role": "user", "content": "Write a paragraph."},
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": "Another."},
    ]
    told = environment.from_string(template).render(
        messages=turns, bos_token="<s>", eos_token="</s>", add_generation_prompt=True
    )
    assert told == (
        "<s>Below is an instruction that describes a task. Write a response that appropriately "
        "completes the request.\n\n"
        "### Instruction:\nWrite a paragraph.\n\n### Response:\nDone.</s>\n\n"
        "### Instruction:\nAnother.\n\n### Response:\n"
    )


def test_a_template_too_long_for_a_variable_is_refused(root: Path) -> None:
    told = message(root, PROD, model__chat_template="{" + "x" * 1024)
    assert "'chat_template' must be at most 1024 characters, SageMaker's limit" in told
