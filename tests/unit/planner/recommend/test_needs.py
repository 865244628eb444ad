"""Needs: read, checked, refused with what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.errors import PlanError
from planner.recommend.needs import Needs, needs, read_table
from tests.support.needs import scenario
from tests.support.project import PROJECT

LEAST = {"model": "llama-3.1-8b", "waits": True, "tokens_in": 900, "tokens_out": 100}


def test_the_longest_request_is_a_third_above_the_average_in_thousands() -> None:
    assert needs({**LEAST, "requests_per_day": 9}).longest == 2048
    assert scenario(1, context=8192).longest == 8192


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("tokens_in", 0, "tokens_in: got 0; must be greater than or equal to 1"),
        ("requests_per_day", -1, "requests_per_day: got -1"),
        ("requests_per_day", float("nan"), "requests_per_day: got nan"),
        ("first_token_seconds", float("inf"), "first_token_seconds: got inf"),
        ("requests_per_day", True, "requests_per_day: got True; must be a valid number"),
        ("requests_per_day", "9", "requests_per_day: got '9'; must be a valid number"),
        ("tokens_inn", 3, "tokens_inn: unknown; did you mean tokens_in"),
        ("waits", "yes", "waits: got 'yes'; must be a valid boolean"),
    ],
)
def test_absurd_answers_are_named(key: str, value: object, message: str) -> None:
    with pytest.raises(PlanError, match=message.replace("(", r"\(")):
        needs({**LEAST, "requests_per_day": 9, key: value})


def test_a_missing_answer_is_named() -> None:
    with pytest.raises(PlanError, match="tokens_out: missing"):
        needs({"model": "llama-3.1-8b", "waits": True, "tokens_in": 1})


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "needs.toml"
    path.write_text("waits = yes please")
    with pytest.raises(PlanError, match=r"needs\.toml: .*; must be a TOML file of needs"):
        read_table(path)
    with pytest.raises(PlanError, match="must be a TOML file"):
        read_table(tmp_path / "none.toml")


def test_the_page_on_choosing_names_every_need() -> None:
    page = (PROJECT / "docs" / "choosing.md").read_text(encoding="utf-8")
    assert [name for name in Needs.model_fields if f"| `{name}` |" not in page] == []
