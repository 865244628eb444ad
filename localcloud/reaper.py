"""Sees to it that no process of the local cloud outlives its server, however the server ends."""

from __future__ import annotations

import contextlib
import os
import subprocess


def reap_with_this_process() -> None:
    """Have this process's children, and theirs, killed as soon as this process is gone.

    The process becomes the leader of a process group (of a session, when it can), which its
    children inherit. A shell outside that group holds the read end of a pipe whose only write
    end is here: the kernel closes that end when this process ends, by `kill -9` too, and the
    shell then kills whatever is left of the group. A child escapes only by starting a session
    or a group of its own, which nothing here does. (`PR_SET_PDEATHSIG` would be Linux only, and
    fires when the *thread* that started the child ends.)

    Call it once, before the first child is started. The write end stays open, and is not
    inherited (PEP 446), until the process ends.
    """
    with contextlib.suppress(PermissionError):  # already a leader: a shell's foreground job
        os.setsid()
    read_end, _write_end = os.pipe()
    subprocess.Popen(  # noqa: S603 - the one variable part is a number
        ["/bin/sh", "-c", f"trap '' INT TERM HUP; read _; kill -KILL -{os.getpgrp()}"],
        stdin=read_end,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(read_end)
