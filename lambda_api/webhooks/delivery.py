"""Deliveries of events from the queue to the receiver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from aws_lambda_powertools.logging import Logger

from lambda_api.errors import ServiceError
from lambda_api.webhooks.events import event_id
from lambda_api.webhooks.message_queue import Message, NotDoneError
from lambda_api.webhooks.receiver import DeliveryError
from lambda_api.webhooks.signing import SecretError


class Post(Protocol):
    """The port to the receiver."""

    def __call__(self, event_id: str, body: bytes) -> None:
        """Post an event; raise a DeliveryError if not taken."""


@dataclass(frozen=True)
class Delivery:
    """A deliverer of events.

    Attributes:
        post: Posts an event to the receiver.
        logger: The log of deliveries.
    """

    post: Post
    logger: Logger

    def deliver(self, message: Message) -> None:
        """Deliver the event in a message.

        Raises:
            NotDoneError: The event has to be delivered later.
        """
        name = event_id(message.body)
        if name is None:
            raise NotDoneError("a message that is no event is left for the dead-letter queue")
        try:
            self.post(name, message.body.encode())
        except SecretError as error:
            self.logger.error(str(error))  # nothing is delivered until somebody changes it
            raise NotDoneError(f"event {name} was not signed") from error
        except DeliveryError as error:
            raise NotDoneError(f"event {name} was not delivered: {error}") from error
        except ServiceError as error:
            raise NotDoneError(f"event {name} was not delivered: {error.reason}") from error
        told = {"event_id": name, "attempt": message.attempt}
        self.logger.info("an event was delivered", extra=told)
