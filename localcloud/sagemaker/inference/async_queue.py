"""The queue of an asynchronous endpoint: requests wait, are sent to instances, and end once."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any, Protocol

from localcloud.awsjson.service import Scope
from localcloud.awsjson.shapes import Document
from localcloud.local_http import UpstreamError
from localcloud.ministack_hooks.iam import Session
from localcloud.sagemaker.inference.async_request import AsyncRequest
from localcloud.sagemaker.inference.async_result import Outcome, deliver, failed
from localcloud.sagemaker.inference.invocation import CLOSED, TIMED_OUT, received_error
from localcloud.sagemaker.replicas.container_call import ReplicaGoneError, call
from localcloud.sagemaker.replicas.replica import Replica
from localcloud.sagemaker.replicas.traffic import NoCapacityError, Traffic
from localcloud.sagemaker.storage.objects import ObjectError, Objects

logger = logging.getLogger(__name__)

CONCURRENCY = 4
"""Requests sent to one instance at a time where the endpoint configuration does not say
(`MaxConcurrentInvocationsPerInstance`): SageMaker "chooses an optimal value"."""

MOST_ATTEMPTS = 4
"""Attempts at a request whose container breaks off. One that always brings its
container down would be sent for ever."""

EXPIRY_SECONDS = 1.0
"""Pause between two looks for requests whose time is over."""

LOOK_SECONDS = 0.05
"""Pause between two looks for an instance while requests wait."""


class Served(Protocol):
    """The part of an endpoint that a queue depends on."""

    log_group: str
    traffic: Traffic

    @property
    def config(self) -> Document:
        """The endpoint configuration that serves."""

    @property
    def session(self) -> Session:
        """The role of the model."""


class AsyncQueue:
    """The requests of an endpoint, in the order of arrival.

    Everything happens on the event loop it is made on. A request is in one place at a time, the
    queue or one task, and ends with one delivery: however often its instance dies, it has one
    result.
    """

    def __init__(self, endpoint: Served, scope: Scope, objects: Objects) -> None:
        self._endpoint = endpoint
        self._scope = scope
        self._objects = objects
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[AsyncRequest] = deque()
        self._processing: dict[asyncio.Task[None], AsyncRequest] = {}
        self._wake = asyncio.Event()
        self._open = True
        self._expires_next = 0.0
        self._dispatching = asyncio.create_task(self._dispatch())

    @property
    def output(self) -> Document:
        """The endpoint's `OutputConfig`."""
        output: Document = self._endpoint.config["AsyncInferenceConfig"]["OutputConfig"]
        return output

    @property
    def backlog(self) -> int:
        """Requests that have no result yet."""
        return len(self._waiting) + len(self._processing)

    @property
    def waiting(self) -> int:
        """Requests that no instance has taken yet."""
        return len(self._waiting)

    @property
    def oldest_age(self) -> float:
        """Seconds since the arrival of the oldest request that has no result yet."""
        pending = [*self._waiting, *self._processing.values()]
        return time.time() - min((one.received for one in pending), default=time.time())

    async def submit(self, request: AsyncRequest) -> bool:
        """Take a request, from any event loop; False when the queue is closed."""
        taking = asyncio.run_coroutine_threadsafe(self._take(request), self._loop)
        return await asyncio.wrap_future(taking)

    async def close(self, reason: str) -> None:
        """Fail the waiting requests, and wait for the results of those being processed."""
        self._open = False
        dropped = list(self._waiting)
        self._waiting.clear()
        await asyncio.gather(*(self._deliver(one, failed(reason)) for one in dropped))
        while self._processing:
            await asyncio.wait(self._processing)
        await self.stop()

    async def stop(self) -> None:
        """Drop everything."""
        self._open = False
        tasks = [self._dispatching, *self._processing]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self, request: AsyncRequest) -> bool:
        if self._open:
            self._waiting.append(request)
            self._wake.set()
        return self._open

    async def _dispatch(self) -> None:
        while True:
            self._wake.clear()
            self._expire()
            while self._waiting and (replica := self._place()):
                request = self._waiting.popleft()
                self._start(request, self._process(request, replica))
            try:
                async with asyncio.timeout(LOOK_SECONDS if self._waiting else None):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _expire(self) -> None:
        now = time.time()
        if now < self._expires_next:
            return
        self._expires_next = now + EXPIRY_SECONDS
        for request in [one for one in self._waiting if now > one.received + one.ttl]:
            self._waiting.remove(request)
            reason = f"The request was in the queue for longer than {request.ttl:.0f} seconds."
            self._start(request, self._deliver(request, failed(reason, "Expired")))

    def _place(self) -> Replica | None:
        client = self._endpoint.config["AsyncInferenceConfig"].get("ClientConfig") or {}
        most = client.get("MaxConcurrentInvocationsPerInstance", CONCURRENCY)
        try:
            return self._endpoint.traffic.acquire(most=most)[1]
        except NoCapacityError:
            return None

    def _start(self, request: AsyncRequest, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._processing[task] = request
        task.add_done_callback(self._processing.pop)

    async def _process(self, request: AsyncRequest, replica: Replica) -> None:
        try:
            outcome = await self._attempt(request, replica)
        finally:
            self._endpoint.traffic.release(replica)
            self._wake.set()
        if outcome is None and self._open:
            self._waiting.appendleft(request)
        else:
            await self._deliver(request, outcome or failed(f"ClientError: {CLOSED}"))

    async def _attempt(self, request: AsyncRequest, replica: Replica) -> Outcome | None:
        """Send the request and return the outcome; None when another attempt is needed."""
        try:
            body = request.body
            if request.source:
                body = await self._objects.get(self._endpoint.session, request.source)
            async with asyncio.timeout(request.timeout):
                answer = await call(replica, request.headers, body)
        except ObjectError as error:
            return failed(f"ClientError: Could not read the request's input {error}")
        except TimeoutError:
            return failed(f"ClientError: {TIMED_OUT}")
        except ReplicaGoneError:
            return None
        except UpstreamError:
            request.attempts += 1
            return None if request.attempts < MOST_ATTEMPTS else failed(f"ClientError: {CLOSED}")
        reason = None
        if answer.status >= HTTPStatus.BAD_REQUEST:
            text = answer.content.decode(errors="replace")
            told = received_error(self._scope, self._endpoint.log_group, answer.status, text)
            reason = f"ClientError: {told}"
        return Outcome(
            status="Failed" if reason else "Completed",
            content=answer.content,
            content_type=answer.content_type,
            reason=reason,
        )

    async def _deliver(self, request: AsyncRequest, outcome: Outcome) -> None:
        try:
            await deliver(request, outcome, self.output, self._objects, self._endpoint.session)
        except Exception:
            logger.exception("the result of request %s is lost", request.inference_id)
