"""Execution environments of a stage's streaming function, which may be killed."""

from __future__ import annotations

import psutil

from tests.support.eventually import LONG
from twin.local.cloud import LocalCloud


def environments(cloud: LocalCloud, stage: str) -> list[psutil.Process]:
    """The processes of a stage's streaming function."""
    server = cloud.process()
    assert server is not None
    return [
        process
        for process in server.children(recursive=True)
        if "lambda_api.main:create_app" in process.cmdline()
        and process.environ().get("TWIN_STAGE") == stage
    ]


def kill(processes: list[psutil.Process]) -> None:
    """End processes at once; they are gone when this returns."""
    for process in processes:
        process.kill()
    _, alive = psutil.wait_procs(processes, timeout=LONG)
    assert alive == []
