"""The reaper: child processes do not outlive the process responsible for them."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator

_watchers: list[subprocess.Popen[bytes]] = []


def reap_with_this_process() -> None:
    """Have this process's children, and theirs, killed as soon as this process is gone.

    The process becomes the leader of a process group (of a session, when it can), which its
    children inherit. A child escapes only by starting a session or a group of its own.

    Call it once, before the first child is started.
    """
    with contextlib.suppress(PermissionError):  # already a leader: a shell's foreground job
        os.setsid()
    _watchers.append(_watcher(os.getpgrp()))


@contextlib.contextmanager
def reaped(group: int) -> Iterator[None]:
    """Have a process group killed if this process ends within the block, `kill -9` included."""
    with _watcher(group) as watcher:
        assert watcher.stdin is not None  # noqa: S101 - a pipe
        try:
            yield
        finally:
            watcher.stdin.write(b"\n")


def _watcher(group: int) -> subprocess.Popen[bytes]:
    """Start a process that kills the group when its own standard input ends without a line.

    The write end of that pipe is here only: the kernel closes it when this process ends, by
    `kill -9` too. (`PR_SET_PDEATHSIG` would be Linux only, and fires when the *thread* that
    started the child ends.)
    """
    return subprocess.Popen(  # noqa: S603 - the one variable part is a number
        ["/bin/sh", "-c", f"trap '' INT TERM HUP; read _ || kill -KILL -{group}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
