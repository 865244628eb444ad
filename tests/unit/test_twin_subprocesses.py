"""Running other programs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from twin.subprocesses import ProgramFailedError, run_logged


def run(code: str, log: Path, **options: object) -> None:
    run_logged(
        [sys.executable, "-c", code],
        name="the program",
        environment=dict(os.environ),
        directory=log.parent,
        log=log,
        **options,
    )


def test_every_line_goes_to_the_log_and_to_the_person(tmp_path: Path):
    details: list[str] = []

    run("print('one'); print('two')", tmp_path / "logs" / "run.log", detail=details.append)

    assert (tmp_path / "logs" / "run.log").read_text() == "one\ntwo\n"
    assert details == ["one", "two"]


def test_a_failure_shows_the_end_of_the_output_and_where_the_rest_is(tmp_path: Path):
    log = tmp_path / "run.log"

    with pytest.raises(ProgramFailedError) as failure:
        run("for n in range(100): print('line', n)\nraise SystemExit(3)", log)

    assert "the program ended with status 3" in str(failure.value)
    assert "line 99" in str(failure.value)
    assert "line 50" not in str(failure.value)
    assert str(log) in str(failure.value)
