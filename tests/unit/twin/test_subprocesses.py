"""Running other programs."""

from __future__ import annotations

import os
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest

from twin.subprocesses import Program, ProgramFailedError, running


def run(code: str, log: Path) -> AbstractContextManager[Program]:
    return running(
        [sys.executable, "-c", code],
        name="the program",
        environment=dict(os.environ),
        directory=log.parent.parent,
        log=log,
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "run.log"


def test_every_line_goes_to_the_log_and_the_last_one_to_the_person(log: Path):
    details: list[str] = []

    code = "import time; print('one'); print('two', flush=True); time.sleep(0.3)"
    with run(code, log) as program:
        program.wait(details.append)

    assert log.read_text() == "one\ntwo\n"
    assert details[-1] == "two"


def test_it_ends_with_the_block_and_with_it_what_it_started(log: Path):
    code = "import subprocess; subprocess.run(['sleep', '60'])"
    with run(code, log) as program:
        family = psutil.Process(program.process.pid)
        while not (children := family.children()):
            time.sleep(0.01)

    _, alive = psutil.wait_procs([family, *children], timeout=30)
    assert alive == []


def test_a_failure_shows_the_end_of_the_output_and_where_the_rest_is(log: Path):
    code = "for n in range(100): print('line', n)\nraise SystemExit(3)"

    with run(code, log) as program, pytest.raises(ProgramFailedError) as failure:
        program.wait(lambda _: None)

    assert "the program ended with status 3" in str(failure.value)
    assert "line 99" in str(failure.value)
    assert "line 50" not in str(failure.value)
    assert str(log) in str(failure.value)
