"""The events of a kept response, from the beginning to the end, the same for all who ask.

Events are made from what is kept, so their numbers are the same each time, and a client that lost
the connection goes on after the last event it saw.
Decision: docs/decisions/0087-an-items-id-holds-its-responses.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from threading import Event
from typing import Any

from lambda_api.errors import ServiceError
from lambda_api.response_objects.events import Events, rewritten
from lambda_api.response_objects.schemas import UNFINISHED, Outcome, Response, Status

_ENDS = {"completed": "completed", "failed": "failed"}
"""Last events by status; others end `incomplete`, since no event tells of a cancellation."""


@dataclass(frozen=True)
class Pace:
    """The pace of asking for the end: the waits grow from the first to the longest.

    Attributes:
        first_seconds: The first wait.
        longest_seconds: The longest wait.
        most_seconds: Length of a stream, after which a client has to ask again.
    """

    first_seconds: float = 0.25
    longest_seconds: float = 5.0
    most_seconds: float = 300.0

    def waits(self) -> Iterator[float]:
        """Yield the waits, which grow by half."""
        wait = self.first_seconds
        while True:
            yield wait
            wait = min(wait * 1.5, self.longest_seconds)


@dataclass
class FollowedResponse:
    """A kept response as a stream: one iteration gives blocks of whole events.

    A response that ends later is waited for. A stream that ends without a last event has taken as
    long as one may: the client goes on with `starting_after`.

    Attributes:
        first: The response as it is at the beginning of the stream.
        read: Returns the response as it is now.
        starting_after: The number of the last event that the client saw.
        pace: The pace of asking.
    """

    first: Response
    read: Callable[[], Response]
    starting_after: int | None = None
    pace: Pace = Pace()
    _closed: Event = field(default_factory=Event)

    def close(self) -> None:
        """Stop waiting; safe from any thread."""
        self._closed.set()

    def __iter__(self) -> Iterator[bytes]:
        """Yield blocks of whole events."""
        events, after = Events(), -1 if self.starting_after is None else self.starting_after
        for number, block in enumerate(chain(_opening(events, self.first), self._rest(events))):
            if number > after:
                yield block

    def _rest(self, events: Events) -> Iterator[bytes]:
        try:
            ended = self._ended(self.first)
        except ServiceError as error:
            yield _error(events, error)
            return
        if ended:
            yield from _ending(events, ended)

    def _ended(self, response: Response) -> Response | None:
        """Return the response once at the end; None if the client or the time is gone before."""
        gives_up = time.monotonic() + self.pace.most_seconds
        for wait in self.pace.waits():
            if response.status not in UNFINISHED:
                return response
            if time.monotonic() + wait > gives_up or self._closed.wait(wait):
                return None
            response = self.read()
        return None


def _opening(events: Events, response: Response) -> Iterator[bytes]:
    begun = _begun(response, "queued" if response.background else "in_progress")
    yield events.event("response.created", response=begun)
    if response.background:
        yield events.event("response.queued", response=begun)


def _ending(events: Events, response: Response) -> Iterator[bytes]:
    yield events.event("response.in_progress", response=_begun(response, "in_progress"))
    for index, item in enumerate(response.output):
        yield from _each(rewritten(events, index, item))
    end = _ENDS.get(response.status, "incomplete")
    yield events.event(f"response.{end}", response=response.model_dump())


def _begun(response: Response, status: Status) -> dict[str, Any]:
    """Return the response as told before the end."""
    return response.model_copy(update=dict(Outcome(status=status))).model_dump()


def _each(block: bytes) -> Iterator[bytes]:
    return (b"%b\n\n" % event for event in block.split(b"\n\n")[:-1])


def _error(events: Events, error: ServiceError) -> bytes:
    return events.event("error", code=error.code, message=error.message, param=error.param)
