"""The completion of background responses: the outcome is stored, and an event of it is queued."""

from __future__ import annotations

import time
from dataclasses import dataclass

from aws_lambda_powertools.logging import Logger

from lambda_api.quotas.quota import UNLIMITED, Quota
from lambda_api.response_objects.from_chat_answer import failed
from lambda_api.response_objects.schemas import Outcome
from lambda_api.responses.async_notification import AsyncNotification
from lambda_api.responses.names import response_behind
from lambda_api.responses.store import ResponseStore, answered
from lambda_api.webhooks.events import event
from lambda_api.webhooks.message_queue import MessageQueue


class AnswerMissingError(Exception):
    """A notification of an answer that is not in the bucket."""


@dataclass(frozen=True)
class Completions:
    """A receiver of notifications, which settles responses.

    Attributes:
        store: The store of responses.
        events: The queue of the webhook's events, if there is a webhook.
        logger: The log of ends.
        quota: The quota of responses in flight.
    """

    store: ResponseStore
    events: MessageQueue | None
    logger: Logger
    quota: Quota = UNLIMITED

    def take(self, message: str) -> None:
        """Settle the response that a message tells of; other messages are logged and left.

        Raises:
            AnswerMissingError: The answer is not there yet.
            ServiceError: The storage or the queue failed.
        """
        notification = AsyncNotification.parse(message)
        behind = response_behind(notification.inference_id) if notification else None
        if notification is None or behind is None:
            self.logger.warning("a message about no response was left")
            return
        settled = self.store.settled(*behind) or self.store.settle(
            *behind, self._outcome(notification)
        )
        self._clear(notification)
        self.quota.give_back(*behind)
        if settled.outcome is None:
            self.logger.info("a deleted response has ended", extra={"response_id": behind[1]})
        else:
            self.announce(*behind, settled.outcome)

    def announce(self, owner: str, response_id: str, outcome: Outcome) -> None:
        """Log how a response ended, and queue the event once; twice if this breaks off between.

        Raises:
            ServiceError: The storage or the queue failed.
        """
        usage = outcome.usage
        self.logger.info(
            "a background response has ended",
            extra={
                "response_id": response_id,
                "status": outcome.status,
                "input_tokens": usage.input_tokens if usage else None,
                "output_tokens": usage.output_tokens if usage else None,
            },
        )
        if self.events is None or self.store.is_announced(owner, response_id):
            return
        ended_at = outcome.completed_at or int(time.time())
        self.events.send(event(f"response.{outcome.status}", response_id, ended_at))
        self.store.note_announced(owner, response_id)

    def _outcome(self, notification: AsyncNotification) -> Outcome:
        said = self._read(
            notification.output_uri if notification.is_completed else notification.failure_uri
        )
        if not notification.is_completed:
            return failed(notification.error(said))
        if said is None:
            raise AnswerMissingError("the answer is not where SageMaker said")
        return answered(said)

    def _read(self, uri: str | None) -> bytes | None:
        key = self.store.key(uri)
        found = self.store.objects.get(key) if key else None
        return found.body if found else None

    def _clear(self, notification: AsyncNotification) -> None:
        """Delete SageMaker's objects: their content is in the outcome now, or wanted by nobody."""
        for key in map(self.store.key, (notification.output_uri, notification.failure_uri)):
            if key:
                self.store.objects.delete(key)
