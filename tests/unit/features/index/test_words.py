from __future__ import annotations

import pytest

from features.index.words import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Deployments are DEPLOYED.", ["deploy", "are", "deploy"]),
        ("max_tokens=3", ["max_token", "max", "token", "3"]),
        ("Grüße, 日本語!", ["grüße", "日本語"]),
        ("!?", []),
        ("x" * 100, ["x" * 64]),
    ],
)
def test_words_are_lowered_and_stemmed(text, expected):
    assert words(text) == expected
