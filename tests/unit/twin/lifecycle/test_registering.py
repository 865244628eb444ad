"""Golden checks that are refused before a version is registered with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_artifacts.registry.errors import RegistryError
from twin.lifecycle.registering import check_golden


def checks(count: int, max_seconds: float) -> str:
    line = {"messages": [{"role": "user", "content": "?"}], "expect": {"max_seconds": max_seconds}}
    return "\n".join([json.dumps(line)] * count)


def test_checks_that_end_in_time_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "golden.jsonl"
    check_golden(path)
    path.write_text(checks(1000, 10))
    check_golden(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (checks(1000, 60), "may take 250 minutes, four at a time, .*must take at most 45"),
        ("{", "line 1"),
    ],
)
def test_others_are_refused_with_the_reason(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "golden.jsonl"
    path.write_text(content)
    with pytest.raises(RegistryError, match=message):
        check_golden(path)
