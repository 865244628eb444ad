"""A kept response as events, from its beginning to its end."""

from __future__ import annotations

import json
import threading

import pytest

from lambda_api.errors import NotFoundError
from lambda_api.response_objects.begin import begun
from lambda_api.response_objects.from_chat_answer import outcome_of, placed
from lambda_api.response_objects.schemas import Outcome
from lambda_api.response_requests.schemas import ResponseRequest
from lambda_api.responses.follow import FollowedResponse, Pace
from tests.support.service.fake_queue import answer
from tests.support.service.openai_types import check_event

QUEUED = begun(ResponseRequest(model="twin", input="hi"), is_kept=True).model_copy(
    update={"status": "queued", "background": True}
)
QUICK = Pace(first_seconds=0.001, longest_seconds=0.001)


def ended(outcome):
    return QUEUED.model_copy(update=dict(placed(outcome, QUEUED.id)))


COMPLETED = ended(outcome_of(answer("Hello")))


def follow(*states, pace=QUICK, first=QUEUED):
    """The events of a response that goes through these states."""
    remaining = iter(states)

    def read():
        state = next(remaining)
        if isinstance(state, Exception):
            raise state
        return state

    made = b"".join(FollowedResponse(first, read, pace=pace)).decode()
    told = [json.loads(line[6:]) for line in made.splitlines() if line.startswith("data: ")]
    for event in told:
        check_event(event)
    return told


def kinds(told):
    return [event["type"].removeprefix("response.") for event in told]


def test_a_response_is_waited_for():
    told = follow(QUEUED, QUEUED, COMPLETED)

    assert kinds(told)[:3] == ["created", "queued", "in_progress"]
    assert kinds(told)[-1] == "completed"
    assert [event["response"]["status"] for event in told if "response" in event] == [
        "queued", "queued", "in_progress", "completed",
    ]  # fmt: skip


def test_the_numbers_do_not_depend_on_when_one_asks():
    assert follow(QUEUED, COMPLETED) == follow(first=COMPLETED)


@pytest.mark.parametrize(
    ("status", "kind"),
    [("failed", "failed"), ("incomplete", "incomplete"), ("cancelled", "incomplete")],
)
def test_every_end_has_a_last_event(status, kind):
    told = follow(ended(Outcome(status=status, completed_at=1)))

    assert kinds(told)[-1] == kind
    assert told[-1]["response"]["status"] == status


def test_a_response_that_is_deleted_ends_in_an_error():
    told = follow(QUEUED, NotFoundError("there is no response"))

    assert told[-1]["type"] == "error"
    assert (told[-1]["code"], told[-1]["message"]) == ("not_found", "there is no response")


def test_a_stream_that_took_too_long_ends_without_a_last_event():
    told = follow(pace=Pace(first_seconds=1, most_seconds=0.5))

    assert kinds(told) == ["created", "queued"]


def test_a_client_that_leaves_ends_the_waiting():
    followed = FollowedResponse(QUEUED, lambda: QUEUED, pace=Pace(first_seconds=3600))
    blocks = iter(followed)
    seen = [next(blocks), next(blocks)]
    threading.Timer(0.01, followed.close).start()

    assert list(blocks) == []
    assert len(seen) == 2


def test_the_waits_grow_up_to_the_longest():
    waits = Pace(first_seconds=1, longest_seconds=3).waits()

    assert [next(waits) for _ in range(5)] == [1, 1.5, 2.25, 3, 3]
