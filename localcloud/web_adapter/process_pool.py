"""The processes of functions: which of them serves a request, and when one ends."""

from __future__ import annotations

from collections.abc import Callable

from localcloud.ministack_hooks import Function
from localcloud.web_adapter.process import FunctionProcess


class ProcessPool:
    """The processes of each version of each function.

    Args:
        start: Begins the start of a process.
        one_request: Whether a process has one request at a time, as an execution environment has,
            or all of its version's.
    """

    def __init__(self, start: Callable[[Function], FunctionProcess], *, one_request: bool) -> None:
        self._start = start
        self._one_request = one_request
        self._processes: dict[str, list[FunctionProcess]] = {}

    def take(self, function: Function) -> FunctionProcess:
        """Return a process for a request, started unless there is one; old ones end."""
        kept = []
        for process in self._processes.get(function.arn, ()):
            if process.usable and process.function == function:
                kept.append(process)
            else:
                process.retire()
        self._processes[function.arn] = kept
        free = (each for each in kept if not (self._one_request and each.is_busy))
        return next(free, None) or self.add(function)

    def add(self, function: Function) -> FunctionProcess:
        """Start one more process of a version."""
        process = self._start(function)
        self._processes.setdefault(function.arn, []).append(process)
        return process

    def forget(self, name: str, version: str | None = None) -> None:
        """Let the processes of a deleted function or version end. Safe from any thread."""
        for arn, processes in list(self._processes.items()):
            function = processes[0].function if processes else None
            if function and function.name == name and version in (None, function.version):
                self._processes.pop(arn)
                for process in processes:
                    process.retire()

    def close(self) -> None:
        """End every process."""
        for processes in self._processes.values():
            for process in processes:
                process.stop()
