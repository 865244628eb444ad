"""Kinds of content that the model takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stage_files import PROD, load, message


def test_a_model_takes_text_alone_by_default(root: Path) -> None:
    assert load(root, PROD).model.modalities == ["text"]


def test_other_kinds_come_beside_text(root: Path) -> None:
    modalities = ["text", "image", "audio", "video"]
    assert load(root, PROD, model__modalities=modalities).model.modalities == modalities


@pytest.mark.parametrize("modalities", [[], ["image"], ["text", "text"], ["text", "smell"]])
def test_text_is_one_of_them_and_each_is_known(root: Path, modalities: list[str]) -> None:
    assert "model.modalities" in message(root, PROD, model__modalities=modalities)
