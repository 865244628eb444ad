"""A credential in config is refused, and never repeated in the message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.stage_files import PROD, message

TOKEN = "hf_" + "a" * 34


@pytest.mark.parametrize(
    "key", ["model__flags__hf_token", "model__hf_token", "model__flags__note", "model__hub"]
)
def test_a_credential_is_refused_and_not_repeated(root: Path, key: str) -> None:
    text = message(root, PROD, **{key: TOKEN})
    assert TOKEN not in text
    assert re.search(r"must not be a credential: .* set model\.s3", text)


def test_a_credential_is_known_by_its_name_alone(root: Path) -> None:
    text = message(root, PROD, model__flags__api_key="correct horse")
    assert "correct horse" not in text
    assert "must not be a credential" in text
