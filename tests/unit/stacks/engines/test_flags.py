"""The engine's own flags: what no environment variable can carry is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.stage_files import LOCAL, PROD, load, message


@pytest.mark.parametrize(
    "name",
    [
        "speculative_config.method",
        "max num",
        "max_num\nseqs",
        "max=num",
        "--max-num-seqs",
        "max__num_seqs",
        "max_num_seqs_",
        "8bit",
        "größe",
        "",
    ],
)
def test_name_that_no_variable_can_have_is_refused(root: Path, name: str) -> None:
    text = message(root, PROD, model__flags={f'"{toml_escaped(name)}"': 1})
    assert f"model.flags.{name!r} must be spelled like max_num_seqs: letters, digits" in text


def toml_escaped(name: str) -> str:
    return name.replace("\n", "\\n")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a\\u0000b", "'note' must have no control characters"),
        ("a\\u001bb", "'note' must have no control characters"),
        ("a" * 1025, "'note' must be at most 1024 characters"),
        (["é" * 200], "'note' must be at most 1024 characters"),
    ],
)
def test_value_that_no_variable_can_have_is_refused(root: Path, value: Any, expected: str) -> None:
    assert f"model.flags.{expected}" in message(root, PROD, model__flags={"note": value})


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), {"a": [float("inf")]}])
def test_value_that_json_has_not_is_refused(root: Path, value: Any) -> None:
    assert "model.flags.'note' must have a value that JSON has" in message(
        root, PROD, model__flags={"note": value}
    )


def test_every_wrong_flag_is_named(root: Path) -> None:
    text = message(root, PROD, model__flags={'"a b"': 1, '"c.d"': 1, "fine": 1})
    assert len(text.splitlines()) == 2


def test_two_spellings_of_one_variable_are_refused(root: Path) -> None:
    text = message(root, PROD, model__flags={"enable-lora": True, "ENABLE_LORA": False})
    assert "model.flags.ENABLE_LORA: must be left out beside enable-lora: both set SM_VLLM_" in text


@pytest.mark.parametrize("name", ["ctx-size", "CTX_SIZE"])
def test_flag_that_other_settings_decide_is_refused_in_any_spelling(root: Path, name: str) -> None:
    assert f"model.flags.{name}: must be left out, it follows" in message(
        root, LOCAL, model__flags={name: 1}
    )


def test_objects_lists_and_unicode_are_carried(root: Path) -> None:
    flags = {"speculative_config": {"method": "eagle3"}, "kv-cache-dtype": "fp8", "note": "grün"}
    config = load(root, PROD, model__flags=flags)
    environment = config.engine.environment(config.model, gpus=1)
    assert environment["SM_VLLM_SPECULATIVE_CONFIG"] == '{"method": "eagle3"}'
    assert environment["SM_VLLM_KV_CACHE_DTYPE"] == "fp8"
    assert environment["SM_VLLM_NOTE"] == "grün"


def test_lines_are_carried_only_where_the_container_does_not_read_by_lines(root: Path) -> None:
    flags = {"chat_template": "a\\nb"}
    assert load(root, PROD, model__flags=flags).model.flags["chat_template"] == "a\nb"
    assert "model.flags.chat_template: must be in one line for engine llama-cpp" in message(
        root, LOCAL, model__flags=flags
    )
