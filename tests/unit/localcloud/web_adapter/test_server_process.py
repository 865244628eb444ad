"""What is known of a server's process, and when."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

from localcloud.ministack_hooks import LogStream
from localcloud.web_adapter.server_process import ServerProcess

LOGS = LogStream(account="000000000000", region="us-east-1", group="/aws/lambda/f", name="s")


async def begin(directory: Path) -> ServerProcess:
    script = directory / "run.sh"
    script.write_text("#!/bin/sh\necho $$ > pid\nexec sleep 60\n")
    script.chmod(0o755)
    return await ServerProcess.begin(directory, script.name, {"PATH": "/usr/bin:/bin"}, LOGS)


async def pid(directory: Path) -> int:
    while not (written := directory / "pid").exists() or not written.read_text().endswith("\n"):
        await asyncio.sleep(0.01)
    return int(written.read_text())


def test_a_killed_process_is_known_to_be_dead_before_the_event_loop_is_told(
    tmp_path: Path,
) -> None:
    async def told() -> tuple[bool, bool]:
        server = await begin(tmp_path)
        killed = await pid(tmp_path)
        before = server.is_alive
        os.kill(killed, signal.SIGKILL)
        with suppress(ChildProcessError):  # asyncio's own thread was quicker
            os.waitid(os.P_PID, killed, os.WEXITED | os.WNOWAIT)  # meanwhile the loop stands still
        after = server.is_alive
        await server.wait(60)
        return before, after

    assert asyncio.run(told()) == (True, False)
