"""The receiver of events: one HTTPS address, given a bounded time and read a bounded answer.

The address is the operator's, from config, and never a caller's: no address range is refused. A
redirect is an answer like any other, so that nothing sends an event elsewhere.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from lambda_api.webhooks.signing import signatures

CONNECT_SECONDS = 5.0
EXCHANGE_SECONDS = 15.0
"""Longest time from the connection to the end of the answer, however slowly it drips."""

_MOST_BODY_BYTES = 4096
"""Read of an answer, whose words mean nothing, so that the receiver sees it taken."""


class DeliveryError(Exception):
    """An event that the receiver did not take; the message hides the address."""


class Receiver:
    """An address that takes signed events.

    Args:
        url: The address.
        keys: Returns the keys that sign.
        exchange_seconds: Longest time of an exchange.
    """

    def __init__(
        self,
        url: str,
        keys: Callable[[], Sequence[bytes]],
        exchange_seconds: float = EXCHANGE_SECONDS,
    ) -> None:
        self._url = urlsplit(url)
        self._keys = keys
        self._seconds = exchange_seconds
        self._tls = ssl.create_default_context() if self._url.scheme == "https" else None

    def post(self, event_id: str, body: bytes) -> None:
        """Post an event once.

        Raises:
            DeliveryError: The receiver did not answer with a 2xx in time.
            SecretError: There is no key to sign with.
        """
        headers = self._headers(event_id, body)
        try:
            with self._connection() as connection:
                connection.request("POST", _target(self._url), body, headers)
                answer = connection.getresponse()
                # The status decides; the rest is read out of courtesy.
                with closing(answer), suppress(OSError, http.client.HTTPException):
                    answer.read(_MOST_BODY_BYTES)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise DeliveryError(f"the receiver failed: {type(error).__name__}") from None
        if not 200 <= answer.status < 300:
            raise DeliveryError(f"the receiver answered {answer.status}, a 2xx is expected")

    def _headers(self, event_id: str, body: bytes) -> dict[str, str]:
        now = str(int(time.time()))
        return {
            "content-type": "application/json",
            "user-agent": "llm-twin",
            "connection": "close",
            "webhook-id": event_id,
            "webhook-timestamp": now,
            "webhook-signature": signatures(self._keys(), event_id, now, body),
        }

    @contextmanager
    def _connection(self) -> Iterator[http.client.HTTPConnection]:
        """Open a connection that breaks when the time is over, whatever is waited for then."""
        host = self._url.hostname or ""
        port = self._url.port or (443 if self._tls else 80)
        opened = socket.create_connection((host, port), CONNECT_SECONDS)
        opened.settimeout(self._seconds)
        if self._tls:
            # The handshake waits for the receiver too: it belongs into the bounded time.
            opened = self._tls.wrap_socket(
                opened, server_hostname=host, do_handshake_on_connect=False
            )
        with opened, _broken_after(self._seconds, opened):
            if isinstance(opened, ssl.SSLSocket):
                opened.do_handshake()
            connection = (
                # Without a context it would read all certificate authorities once more.
                http.client.HTTPSConnection(host, port, context=self._tls)
                if self._tls
                else http.client.HTTPConnection(host, port)
            )
            connection.sock = opened
            yield connection


@contextmanager
def _broken_after(seconds: float, opened: socket.socket) -> Iterator[None]:
    """Shut a connection down after some time; what reads or writes meanwhile fails then."""

    def shut_down() -> None:
        # SSLSocket's own would take the reading thread's state away. OSError: it is closed by now.
        with suppress(OSError):
            socket.socket.shutdown(opened, socket.SHUT_RDWR)

    timer = Timer(seconds, shut_down)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _target(url: SplitResult) -> str:
    return (url.path or "/") + (f"?{url.query}" if url.query else "")
