"""Deliveries: taken, refused, or not signed."""

from __future__ import annotations

import logging

import pytest

from lambda_api.errors import StorageError
from lambda_api.webhooks.delivery import Delivery
from lambda_api.webhooks.events import event
from lambda_api.webhooks.message_queue import Message, NotDoneError
from lambda_api.webhooks.receiver import DeliveryError
from lambda_api.webhooks.signing import SecretError

EVENT = event("response.failed", f"resp_{'1' * 32}", 1)


def message(body: str = EVENT) -> Message:
    return Message("id", "receipt", body, 2)


class Receiver:
    def __init__(self, failure=None):
        self.failure = failure
        self.posted = []

    def __call__(self, event_id, body):
        if self.failure:
            raise self.failure
        self.posted.append((event_id, body))


def delivery(receiver) -> Delivery:
    return Delivery(receiver, logging.getLogger("delivery"))


def test_an_event_is_posted_as_it_lies_in_the_queue():
    receiver = Receiver()
    delivery(receiver).deliver(message())

    assert receiver.posted == [(f"evt_{'1' * 32}", EVENT.encode())]


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (DeliveryError("the receiver answered 500"), "answered 500"),
        (StorageError("x", reason="Secrets Manager AccessDenied"), "AccessDenied"),
        (SecretError("must be whsec_"), "not signed"),
    ],
)
def test_what_is_not_taken_comes_again(failure, told):
    with pytest.raises(NotDoneError, match=told) as caught:
        delivery(Receiver(failure)).deliver(message())
    assert caught.value.seconds is None


def test_a_secret_that_cannot_sign_is_an_error_in_the_log(caplog):
    with pytest.raises(NotDoneError):
        delivery(Receiver(SecretError("must be whsec_"))).deliver(message())
    assert [(r.levelname, r.message) for r in caplog.records] == [("ERROR", "must be whsec_")]


def test_a_message_that_is_no_event_is_not_posted_and_not_lost():
    receiver = Receiver()
    with pytest.raises(NotDoneError, match="dead-letter"):
        delivery(receiver).deliver(message("{}"))
    assert receiver.posted == []
