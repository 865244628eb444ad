"""Runs other programs, their output going to a log file and its end into the error message."""

from __future__ import annotations

import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from twin.progress import Detail


class ProgramFailedError(Exception):
    """A program ended with an error; carries the end of what it printed."""

    def __init__(self, program: str, status: int, log: Path, tail: Sequence[str]) -> None:
        lines = "\n".join(f"  {line}" for line in tail)
        super().__init__(f"{program} ended with status {status}:\n{lines}\nall of it: {log}")


def run_logged(
    command: Sequence[str],
    *,
    name: str,
    environment: Mapping[str, str],
    directory: Path,
    log: Path,
    detail: Detail = lambda _: None,
) -> None:
    """Run a program to its end, each line it prints going to `log` and to `detail`.

    Errors call it `name`.

    Raises:
        ProgramFailedError: It ended with a status other than zero.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    tail: deque[str] = deque(maxlen=30)
    with (
        log.open("w") as file,
        subprocess.Popen(
            command,
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as program,
    ):
        assert program.stdout is not None  # noqa: S101 - PIPE above
        try:
            for line in program.stdout:
                file.write(line)
                if text := line.strip():
                    tail.append(text)
                    detail(text)
        except BaseException:
            program.terminate()
            raise
    if program.returncode:
        raise ProgramFailedError(name, program.returncode, log, tail)
