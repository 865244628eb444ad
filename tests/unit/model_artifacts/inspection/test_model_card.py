"""Licence and base of a model, as the card or the GGUF file states them."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_artifacts.inspection.model_card import read_base_model, read_license
from tests.support.model_files import SMALL_GGUF, gguf_bytes, string

STATED = gguf_bytes(
    [
        string("general.architecture", "llama"),
        string("general.license", "mit"),
        string("general.base_model.0.name", "Llama 3.1 8B"),
    ],
    [],
)


def test_gguf_file_states_its_own(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(STATED)
    assert read_license(tmp_path / "m.gguf") == "mit"
    assert read_license(tmp_path) == "mit"
    assert read_base_model(tmp_path) == "Llama 3.1 8B"
    (tmp_path / "m.gguf").write_bytes(SMALL_GGUF)
    assert read_license(tmp_path) is None


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("---\ntags: [a]\nlicense: apache-2.0\n---\n# Model", "apache-2.0"),
        ("---\r\nlicense: 'llama3.1'\r\n---\r\n", "llama3.1"),
        ("# Model\nlicense: mit\n", None),
        ("---\nlicense_name: own\n---\n", None),
        ("", None),
    ],
)
def test_card_states_it_in_its_metadata(tmp_path: Path, card: str, expected: str | None) -> None:
    (tmp_path / "README.md").write_bytes(card.encode())
    assert read_license(tmp_path) == expected


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (
            "---\nbase_model: meta-llama/Llama-3.1-8B\nlicense: llama3.1\n---\n",
            "meta-llama/Llama-3.1-8B",
        ),
        ("---\nbase_model:\n- Qwen/Qwen3-4B\n- other/model\n---\n", "Qwen/Qwen3-4B"),
        ("---\nbase_model:\nlicense: mit\n---\n", None),
        ("---\nbase_model_relation: merge\n---\n", None),
    ],
)
def test_card_states_what_a_model_was_made_of(
    tmp_path: Path, card: str, expected: str | None
) -> None:
    (tmp_path / "README.md").write_text(card)
    assert read_base_model(tmp_path) == expected


def test_directory_without_card_states_none(tmp_path: Path) -> None:
    assert read_license(tmp_path) is None
