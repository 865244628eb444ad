"""The watch on background responses: each is looked at until it has ended and is told of.

SageMaker's message of an end may be lost, and nobody may ask: without a look of our own no event
would tell of such a response. docs/decisions/0078-a-watch-on-each-background-response.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from lambda_api.errors import NotFoundError, ServiceError, UnreadableObjectError
from lambda_api.response_objects.schemas import UNFINISHED
from lambda_api.responses.completion import Completions
from lambda_api.responses.names import response_behind
from lambda_api.responses.store import KeptResponse
from lambda_api.webhooks.message_queue import Message, MessageQueue, NotDoneError

FIRST_LOOK_SECONDS = 900
"""SQS delays no message longer; most responses are told of by then."""

_LAST_LOOK_SECONDS = 60
"""From the deadline to the last look."""


def begin_watch(queue: MessageQueue, inference_id: str) -> None:
    """Begin to watch a response; called before SageMaker is, so that all in its queue are watched.

    Raises:
        QueueError: The queue failed.
    """
    queue.send(inference_id, FIRST_LOOK_SECONDS)


@dataclass(frozen=True)
class Watch:
    """A watcher of responses.

    Attributes:
        completions: Tells of the responses that have ended.
        note_unreadable: Reports the id of a response whose state cannot be read.
    """

    completions: Completions
    note_unreadable: Callable[[str], None] | None = None

    def look(self, message: Message) -> None:
        """Look at the response that a message names.

        Raises:
            NotDoneError: The response has to be looked at again.
        """
        behind = response_behind(message.body)
        if behind is None:
            raise NotDoneError("a message about no response is left for the dead-letter queue")
        try:
            self._settle(*behind)
        except ServiceError as error:
            if self.note_unreadable and isinstance(error, UnreadableObjectError):
                self.note_unreadable(behind[1])
            told = error.reason or error.message
            raise NotDoneError(f"{behind[1]} could not be looked at: {told}") from error

    def _settle(self, owner: str, response_id: str) -> None:
        store = self.completions.store
        try:
            kept = store.find(owner, response_id)
        except NotFoundError:  # deleted, or never queued
            return
        if kept.response.status in UNFINISHED:
            raise NotDoneError("it has not ended", seconds=_wait(kept))
        if not store.is_announced(owner, response_id):
            self.completions.announce(owner, response_id, kept.response)
        for key in (kept.output_key, kept.failure_key):
            if key:  # the content is in the outcome now
                store.objects.delete(key)


def _wait(kept: KeptResponse) -> int:
    """Return the time to the next look: as long as the response has waited, to its deadline."""
    now = int(time.time())
    waited = max(now - kept.response.created_at, FIRST_LOOK_SECONDS)
    return max(min(waited, kept.deadline + _LAST_LOOK_SECONDS - now), 1)
