"""The state machine of batches, run in threads of the test."""

from __future__ import annotations

import threading
from typing import Any

from lambda_api.batches.steps.collect import collect
from lambda_api.batches.steps.prepare import prepare
from lambda_api.batches.steps.run import BatchRuns
from tests.support.service.batch_world import REFUSED, transform


class StateMachine:
    """Runs batches as the state machine does, each in a thread; jobs wait until they may run."""

    def __init__(self, runs: BatchRuns) -> None:
        self.may_run = threading.Event()
        self.is_prepared = threading.Event()
        self.refused: set[str] = set()
        self.started: list[str] = []
        self.runs = runs
        self._stopped: set[str] = set()
        self._threads: list[threading.Thread] = []

    def start(self, name: str, data: Any) -> None:
        self.started.append(name)
        thread = threading.Thread(target=self._run, args=(name, data["owner"], data["batch_id"]))
        self._threads.append(thread)
        thread.start()

    def stop(self, name: str) -> None:
        self._stopped.add(name)
        self.may_run.set()

    def is_running(self, name: str) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _run(self, name: str, owner: str, batch_id: str) -> None:
        step = prepare(self.runs, owner, batch_id)
        while step["proceed"]:
            self.is_prepared.set()
            assert self.may_run.wait(30)
            if name in self._stopped:
                return
            came_back = transform(self.runs.store, step, self.refused)
            error = None if came_back else REFUSED
            step = collect(self.runs, owner, batch_id, step["job_name"], error)
