from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from localcloud.awsjson.service import Scope
from localcloud.engines import engine_for
from localcloud.ministack_hooks.iam import Session
from localcloud.sagemaker.inference import async_queue as module
from localcloud.sagemaker.inference.async_queue import AsyncQueue
from localcloud.sagemaker.inference.async_request import AsyncRequest, read_request
from localcloud.sagemaker.replicas.routing import LeastOutstanding
from localcloud.sagemaker.replicas.traffic import ReplicaSet, Traffic
from localcloud.sagemaker.telemetry.cloudwatch import backlog_metrics
from tests.support.eventually import eventually_in_loop

SCOPE = Scope("000000000042", "us-east-1")
SESSION = Session("arn:aws:iam::000000000042:role/Model", "SageMaker", "us-east-1")
OUTPUT = {"S3OutputPath": "s3://bucket/out/", "S3FailurePath": "s3://bucket/failed"}


def request(**headers: str) -> AsyncRequest:
    return read_request("e", SCOPE, headers, b"{}", OUTPUT)


class Objects:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written: list[str] = []

    async def put(self, _session: Session, _uri: Any, content: bytes, _kind: str) -> None:
        self.written.append(content.decode())


def with_queue(
    work: Callable[[AsyncQueue], Awaitable[None]], *replicas: Any
) -> tuple[list[str], AsyncQueue]:
    """Run `work` on a queue; return what was written."""
    objects: Any = Objects()
    queue: list[AsyncQueue] = []

    async def run() -> None:
        traffic = Traffic()
        routing = LeastOutstanding()
        traffic.shift([ReplicaSet(name="v", routing=routing, replicas=list(replicas))])
        config = {"AsyncInferenceConfig": {"OutputConfig": OUTPUT}}
        endpoint = SimpleNamespace(log_group="g", traffic=traffic, config=config, session=SESSION)
        queue.append(AsyncQueue(endpoint, SCOPE, objects))
        await work(queue[0])
        await queue[0].stop()

    asyncio.run(run())
    return objects.written, queue[0]


def test_request_expires_in_the_queue() -> None:
    async def work(queue: AsyncQueue) -> None:
        old = request(**{"x-amzn-sagemaker-requestttlseconds": "60"})
        old.received = time.time() - 61
        assert await queue.submit(old)
        assert await queue.submit(request())
        await eventually_in_loop(lambda: queue.backlog == 1)
        assert queue.oldest_age < 60
        assert backlog_metrics(queue, 0)["HasBacklogWithoutCapacity"] == [1]
        assert backlog_metrics(queue, 2)["ApproximateBacklogSizePerInstance"] == [0.5]

    written, _ = with_queue(work)
    assert written == ["The request was in the queue for longer than 60 seconds."]


def test_closed_queue_fails_what_waits_and_takes_nothing() -> None:
    async def work(queue: AsyncQueue) -> None:
        await queue.submit(request())
        await queue.close("gone")
        assert not await queue.submit(request())

    written, queue = with_queue(work)
    assert written == ["gone"]
    assert queue.backlog == 0


def test_request_that_always_breaks_its_container_ends() -> None:
    seen = 0

    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen += 1
        await reader.read(1)
        writer.transport.abort()

    replica = SimpleNamespace(
        in_flight=0, port=None, container=SimpleNamespace(engine=engine_for("llama-cpp"))
    )

    async def work(queue: AsyncQueue) -> None:
        async with await asyncio.start_server(break_off, "127.0.0.1", 0) as server:
            replica.port = server.sockets[0].getsockname()[1]
            await queue.submit(request())
            await eventually_in_loop(lambda: queue.backlog == 0)

    written, _ = with_queue(work, replica)
    assert seen == module.MOST_ATTEMPTS
    assert written == [f"ClientError: {module.CLOSED}"]
    assert replica.in_flight == 0
