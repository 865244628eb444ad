"""Child processes whose output goes to a log file, and whose last lines go into errors."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from localcloud.reaper import reaped
from twin.errors import UserError
from twin.progress import Detail

POLL_SECONDS = 0.05
TAIL_LINES = 30


class ProgramFailedError(UserError):
    """A program ended with an error; the message carries the end of its output."""

    def __init__(self, program: str, status: int, log: Path) -> None:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        tail = "\n".join(f"  {line}" for line in lines[-TAIL_LINES:])
        super().__init__(f"{program} ended with status {status}:\n{tail}\nall of it: {log}")


@dataclass(frozen=True)
class Program:
    """A running program.

    Attributes:
        name: The program's name in errors.
        log: File with everything the program prints.
        process: Its process, the leader of a session of its own.
    """

    name: str
    log: Path
    process: subprocess.Popen[bytes]

    def wait(self, detail: Detail) -> None:
        """Wait for the end of the program, passing its latest line to `detail`.

        Raises:
            ProgramFailedError: The program ended with a status other than zero.
        """
        while self.process.poll() is None:
            detail(_last_line(self.log))
            time.sleep(POLL_SECONDS)
        if self.process.returncode:
            raise ProgramFailedError(self.name, self.process.returncode, self.log)


@contextmanager
def running(
    command: Sequence[str],
    *,
    name: str,
    environment: Mapping[str, str],
    directory: Path,
    log: Path,
) -> Iterator[Program]:
    """Run a program, which writes to `log`, for the length of a block.

    The program and its children end with the block, and with this process, however this one ends.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
        reaped(process.pid),
    ):
        try:
            yield Program(name, log, process)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _last_line(log: Path) -> str:
    with log.open("rb") as output:
        output.seek(max(0, log.stat().st_size - 1000))
        lines = output.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
