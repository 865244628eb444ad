"""The engine of this process as an upstream."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse

from lambda_api.engine.refusals import refusal_of
from lambda_api.errors import (
    NotReadyError,
    ServiceError,
    StreamBrokenError,
    UpstreamTimeoutError,
)
from lambda_api.llama_cpp.server import Server

_PATH = "/v1/chat/completions"
_PART_BYTES = 64 * 1024
# A socket that `close` shut down under a reading thread fails in these ways.
_READ_FAILURES = (OSError, HTTPException, ValueError, AttributeError)


class LoopbackStream:
    """An answer of the engine on its way.

    Attributes:
        content_type: The media type that the engine named; empty if none.
    """

    def __init__(self, connection: HTTPConnection, response: HTTPResponse) -> None:
        self.content_type = response.getheader("content-type", "")
        self._connection, self._response = connection, response
        self._socket = connection.sock
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes of the answer.

        Raises:
            ServiceError: The answer broke off.
        """
        try:
            while part := self._response.read1(_PART_BYTES):
                yield part
        except _READ_FAILURES as error:
            if not self._is_closed:
                raise _midway(error) from error
        finally:
            self.close()

    def close(self) -> None:
        """Close the connection, by which llama.cpp stops; wakes any thread that reads."""
        self._is_closed = True
        with suppress(OSError, AttributeError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._connection.close()


class LoopbackEngine:
    """The server in this process, which makes completions.

    Args:
        server: The server.
        timeout_seconds: Longest wait for the next bytes of an answer.
        give_up: Ends the process; called when the engine is found dead, so that the next request
            starts anew.
    """

    def __init__(
        self,
        server: Server,
        timeout_seconds: float,
        give_up: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGTERM),
    ) -> None:
        self._server, self._timeout, self._give_up = server, timeout_seconds, give_up

    def complete(self, payload: bytes, prefix: str | None = None) -> bytes:  # noqa: ARG002 - one engine
        """Return the whole answer.

        Raises:
            ServiceError: The engine refused or failed.
        """
        return b"".join(self.open_stream(payload))

    def open_stream(self, payload: bytes, prefix: str | None = None) -> LoopbackStream:  # noqa: ARG002
        """Start an answer; return when the engine has accepted the request.

        Raises:
            ServiceError: The engine refused or failed.
        """
        connection = HTTPConnection("127.0.0.1", self._server.port, timeout=self._timeout)
        headers = {
            "content-type": "application/json",
            "authorization": f"Bearer {self._server.key}",
        }
        try:
            connection.request("POST", _PATH, payload, headers)
            response = connection.getresponse()
            if response.status == 200:
                return LoopbackStream(connection, response)
            message = response.read().decode(errors="replace")
        except ConnectionRefusedError as error:
            self._give_up()
            raise NotReadyError(
                "the model is not ready, try again shortly", reason="the engine has ended"
            ) from error
        except (OSError, HTTPException) as error:
            connection.close()
            raise _midway(error) from error
        connection.close()
        raise refusal_of(response.status, message, f"engine status {response.status}")


def _midway(error: Exception) -> ServiceError:
    if isinstance(error, TimeoutError):
        return UpstreamTimeoutError(
            "the model did not answer in time, a shorter answer or `stream: true` may help",
            reason="TimeoutError",
        )
    return StreamBrokenError(
        "the model stopped before its answer was complete", reason=type(error).__name__
    )
