"""An instance's output, in the log group where SageMaker puts it."""

from __future__ import annotations

import asyncio

from localcloud.ministack_hooks import LogStream
from localcloud.ministack_hooks.iam import Session

FLUSH_SECONDS = 0.5
"""Time that lines are collected before they are written together."""

LONGEST_MESSAGE = 256 * 1024
"""Characters of one event; CloudWatch Logs' limit is 256 KB (PutLogEvents)."""


class ContainerLog:
    """Writes collected lines in batches to one log stream."""

    def __init__(self, session: Session, group: str, name: str) -> None:
        self.name = name
        self._stream = LogStream(
            account=session.account,
            region=session.region,
            group=group,
            name=name,
            session=session,
        )
        self.arn = self._stream.arn
        self._lines: list[str] = []
        self._pending: asyncio.TimerHandle | None = None

    def write(self, line: str) -> None:
        """Add a line."""
        self._lines.append(line[:LONGEST_MESSAGE])
        if self._pending is None:
            loop = asyncio.get_running_loop()
            self._pending = loop.call_later(FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what was collected."""
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
        lines, self._lines = self._lines, []
        self._stream.write(lines)
