"""The status of what is deployed: one change at a time, and why the last one failed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from localcloud.awsjson.timestamps import now
from localcloud.sagemaker.instances.errors import DeploymentFailedError

logger = logging.getLogger(__name__)

Change = Callable[[], Awaitable[None]]


class Lifecycle:
    """Carries out the changes of an endpoint or an inference component.

    What fails before it was ever in service is `Failed`. A later change that fails leaves what
    was: in service, with a failure reason.

    Attributes:
        title: name of the resource in the log.
        silent: leave the reason of a later change's failure empty, as SageMaker can
            (https://github.com/hashicorp/terraform-provider-aws/issues/48997).
    """

    def __init__(self, title: str, *, silent: bool = False) -> None:
        self.title = title
        self.silent = silent
        self.status = "Creating"
        self.failure_reason: str | None = None
        self.created = self.modified = now()
        self._deployed = False
        self._change: asyncio.Task[None] | None = None

    @property
    def changing(self) -> bool:
        """True while a change is under way."""
        return self._change is not None and not self._change.done()

    def begin(self, change: Change) -> None:
        """Begin a change; none may be under way."""
        if self.status != "Creating":
            self.status = "Updating"
        self.failure_reason = None
        self.modified = now()
        self._change = asyncio.create_task(self._carry_out(change))

    def roll_back(self) -> None:
        """Show that the change under way is being undone."""
        if self._deployed:
            self.status = "RollingBack"

    def begin_delete(self) -> None:
        """Begin the deletion, which nothing takes back."""
        self.status = "Deleting"
        self.modified = now()

    async def settled(self) -> None:
        """Wait until no change is under way.

        Raises:
            DeploymentFailedError: The last change failed.
        """
        if self._change:
            await asyncio.wait([self._change])
        if self.failure_reason:
            raise DeploymentFailedError(self.failure_reason)

    async def cancel(self) -> None:
        """Break off the change that is under way."""
        if self._change:
            self._change.cancel()
            await asyncio.wait([self._change])

    async def _carry_out(self, change: Change) -> None:
        try:
            await change()
        except DeploymentFailedError as error:
            self.failure_reason = str(error)
        except Exception as error:
            logger.exception("a change of %s failed", self.title)
            self.failure_reason = f"internal failure: {error}"
        else:
            self._deployed = True
        if self.silent and self._deployed:
            self.failure_reason = None
        self.modified = now()
        self.status = "InService" if self._deployed else "Failed"


class Deletions:
    """Deletions under way: answered at once, done when what is deleted is idle."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin one."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def until(self, gone: Callable[[], bool]) -> None:
        """Wait until one is done, or all are."""
        while self._tasks and not gone():
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def cancel(self) -> None:
        """Break off all of them."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
