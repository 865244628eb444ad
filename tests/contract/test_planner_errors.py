"""The planner's tables in the docs, against the command that makes them."""

from __future__ import annotations

import runpy

import pytest

from tests.support.project import PROJECT


def test_the_docs_have_the_tables_that_one_command_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    runpy.run_path(str(PROJECT / "benchmarks" / "planner" / "errors.py"), run_name="__main__")
    page = (PROJECT / "docs" / "benchmarks.md").read_text(encoding="utf-8").splitlines()
    printed = [line for line in capsys.readouterr().out.splitlines() if line]
    assert [line for line in printed if line not in page] == []
