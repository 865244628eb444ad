"""One request of a transform job, sent until answered or out of retries."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from localcloud.awsjson.shapes import Document
from localcloud.local_http import UpstreamError
from localcloud.sagemaker.replicas.container_call import Answer, ReplicaGoneError, call
from localcloud.sagemaker.replicas.replica import Replica
from localcloud.sagemaker.transform.records import ContainerError, RecordError

DEFAULT_TIMEOUT_SECONDS = 600
DEFAULT_RETRIES = 3

LOOK_SECONDS = 0.02
"""Pause between two looks at a container that a request waits for."""

FIRST_BACKOFF_SECONDS = 0.1

PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
"""Client errors that may not come again."""


@dataclass(frozen=True, kw_only=True)
class TransformClient:
    """The client of a job's requests (`ModelClientConfig`)."""

    headers: Mapping[str, str]
    timeout: float
    retries: int

    @classmethod
    def of(cls, job: Document) -> TransformClient:
        """Read it from `CreateTransformJob`'s parameters."""
        source, output = job["TransformInput"], job["TransformOutput"]
        settings = job.get("ModelClientConfig", {})
        headers = {"content-type": source.get("ContentType"), "accept": output.get("Accept")}
        return cls(
            headers={name: value for name, value in headers.items() if value},
            timeout=settings.get("InvocationsTimeoutInSeconds", DEFAULT_TIMEOUT_SECONDS),
            retries=settings.get("InvocationsMaxRetries", DEFAULT_RETRIES),
        )

    async def send(self, replica: Replica, body: bytes) -> bytes:
        """Have a container answer.

        A request that was never sent, because the container was down, uses up no retry.

        Raises:
            ContainerError: It does not answer, or fails.
            RecordError: It refuses.
        """
        failures = 0
        while True:
            await _healthy(replica)
            try:
                return await self._send_once(replica, body)
            except ReplicaGoneError:
                continue
            except _PassingError as error:
                failures += 1
                if failures > self.retries:
                    raise ContainerError(str(error)) from error
            await asyncio.sleep(FIRST_BACKOFF_SECONDS * 2**failures)

    async def _send_once(self, replica: Replica, body: bytes) -> bytes:
        try:
            async with asyncio.timeout(self.timeout):
                answer = await call(replica, self.headers, body)
        except TimeoutError as error:
            text = f"No answer from algorithm within {self.timeout} seconds"
            raise _PassingError(text) from error
        except UpstreamError as error:
            text = f"Unable to get response from algorithm: {error}"
            raise _PassingError(text) from error
        if answer.status < HTTPStatus.BAD_REQUEST:
            return answer.content
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in PASSING:
            raise _PassingError(_told(answer))
        raise RecordError(_told(answer))


class _PassingError(Exception):
    """The request may succeed when it is sent again."""


def _told(answer: Answer) -> str:
    text = answer.content.decode(errors="replace").strip()
    return f"Bad HTTP status received from algorithm: {answer.status} {text}"


async def _healthy(replica: Replica) -> None:
    try:
        async with asyncio.timeout(replica.container.startup_seconds):
            while replica.port is None:
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError as error:
        raise ContainerError("Unable to get response from algorithm: it keeps exiting") from error
