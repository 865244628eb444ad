"""One request to a container, on the engine's own path for `POST /invocations`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from localcloud.engines.key import AUTHORIZATION
from localcloud.local_http import Exchange, UpstreamError, open_exchange
from localcloud.sagemaker.replicas.replica import Replica
from localcloud.settings import HOST


class ReplicaGoneError(Exception):
    """Nothing listens where the container did: the request was not sent, another may take it."""


@dataclass(frozen=True)
class Answer:
    """A container's whole answer.

    Attributes:
        headers: names in lower case.
    """

    status: int
    headers: Mapping[bytes, bytes]
    content: bytes

    @property
    def content_type(self) -> str:
        """Media type that the container gives for the answer."""
        return self.headers.get(b"content-type", b"application/octet-stream").decode("latin-1")


async def open_call(
    replica: Replica, headers: Mapping[str, str], body: bytes, path: str | None = None
) -> Exchange:
    """Send a request, and wait for the head of its answer.

    Args:
        replica: The container.
        headers: Those of the request.
        body: The request.
        path: A path of the engine's own; None is that of `POST /invocations`.

    Raises:
        ReplicaGoneError: The request was not sent; it has left the rotation.
        UpstreamError: The container broke off.
    """
    port = replica.port
    if port is None:
        raise ReplicaGoneError
    path = path or replica.container.engine.invocations
    given = [("host", HOST), AUTHORIZATION, *headers.items()]
    try:
        return await open_exchange(port, "POST", path, given, body)
    except UpstreamError as error:
        if not isinstance(error.__cause__, ConnectionRefusedError):
            raise
        replica.leave_rotation(port)
        raise ReplicaGoneError from error


async def call(replica: Replica, headers: Mapping[str, str], body: bytes) -> Answer:
    """Send a request, and read its answer to the end.

    Raises:
        ReplicaGoneError: As `open_call`.
        UpstreamError: As `open_call`, or within the answer.
    """
    with closing(await open_call(replica, headers, body)) as exchange:
        return await read(exchange)


async def read(exchange: Exchange) -> Answer:
    """Read an answer to its end.

    Raises:
        UpstreamError: The container broke off.
    """
    content = b"".join([chunk async for chunk in exchange.body()])
    return Answer(exchange.status, dict(exchange.headers), content)
