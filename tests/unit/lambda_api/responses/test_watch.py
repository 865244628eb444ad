"""The watch on background responses: what is told of although SageMaker's message was lost."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest

from lambda_api.chat.service import ChatService
from lambda_api.errors import QueueError, StorageError
from lambda_api.response_requests.schemas import ResponseRequest
from lambda_api.responses.background import Background
from lambda_api.responses.completion import Completions
from lambda_api.responses.service import ResponseService
from lambda_api.responses.watch import FIRST_LOOK_SECONDS, Watch, begin_watch
from lambda_api.retrieval.grounded_chat import GroundedChat
from lambda_api.webhooks.message_queue import Message, NotDoneError
from tests.support.service.fake_queue import answer
from tests.support.service.memory_queue import MemoryQueue

MOST_SECONDS = 22_500
GRACE_SECONDS = 300


@pytest.fixture
def watches():
    return MemoryQueue()


@pytest.fixture
def completions(kept, events):
    return Completions(kept, events, logging.getLogger("watch"))


@pytest.fixture
def watched(service: ChatService, kept, queue, watches):
    background = Background(
        lambda: queue, MOST_SECONDS, watch=lambda name: begin_watch(watches, name)
    )
    return ResponseService(GroundedChat(service), lambda: kept, background)


@pytest.fixture
def response(watched):
    """A queued response."""
    request = ResponseRequest(model="twin", input="hi", background=True)
    return watched.enqueue(request, "local")


@pytest.fixture
def response_id(response):
    return response.id


@pytest.fixture
def damaged():
    return []


@pytest.fixture
def look(completions, watches, response, damaged):
    """Looks once; gives the reason to look again, if there is one."""

    def look() -> NotDoneError | None:
        ((body, _),) = watches.sent
        try:
            Watch(completions, damaged.append).look(Message("id", "receipt", body, 1))
        except NotDoneError as error:
            return error
        return None

    return look


@pytest.fixture
def after(monkeypatch, response):
    """Moves the clock to some seconds after the response was made."""

    def after(seconds: int) -> None:
        clock = SimpleNamespace(time=lambda: response.created_at + seconds)
        for module in ("store", "watch", "completion"):
            monkeypatch.setattr(f"lambda_api.responses.{module}.time", clock)

    return after


def test_a_watch_begins_before_anything_is_paid_for(watched, watches, queue, store):
    watches.refusal = QueueError("away")
    with pytest.raises(QueueError):
        watched.enqueue(ResponseRequest(model="twin", input="hi", background=True), "local")
    assert queue.requests == {}
    assert store.objects == {}


def test_the_first_look_is_after_a_quarter_of_an_hour(name, watches):
    assert watches.sent == [(name, FIRST_LOOK_SECONDS)]
    assert FIRST_LOOK_SECONDS == 900  # SQS takes no longer delay


def test_what_is_told_already_is_told_once(look, completions, queue, name, told):
    completions.take(queue.end(name, answer()))

    assert look() is None
    assert len(told()) == 1


@pytest.mark.parametrize("status", ["completed", "failed"])
def test_an_end_whose_message_was_lost_is_told(
    look, queue, name, told, response, store, kept, status
):
    if status == "completed":
        queue.end(name, answer("Hello"))
    else:
        queue.fail(name, "lost", b"{}")

    assert look() is None
    assert told() == [(f"response.{status}", response.id)]
    assert kept.find("local", response.id).response.status == status
    assert not any(key.startswith("async/") for key in store.objects)


def test_a_reader_who_settles_it_first_leaves_the_event_to_the_watch(
    look, queue, name, told, response, kept
):
    queue.end(name, answer())
    kept.find("local", response.id)
    assert told() == []

    assert look() is None
    assert told() == [("response.completed", response.id)]


def test_a_cancellation_is_told(look, kept, response, told):
    kept.cancel("local", response.id)

    assert look() is None
    assert told() == [("response.cancelled", response.id)]


def test_an_event_that_could_not_be_queued_before_is_queued(
    look, queue, name, completions, events, told
):
    news = queue.end(name, answer())
    events.refusal = QueueError("away")
    with pytest.raises(QueueError):
        completions.take(news)
    events.refusal = None

    assert look() is None
    assert len(told()) == 1


def test_looks_become_rarer_and_the_last_is_past_the_deadline(look, after, told, response):
    seconds, looks = FIRST_LOOK_SECONDS, []
    while True:
        after(seconds)
        looks.append(seconds)
        if (again := look()) is None:
            break
        assert 0 < again.seconds <= 12 * 3600  # SQS hides a message no longer
        seconds += again.seconds

    assert looks == [900, 1800, 3600, 7200, 14_400, MOST_SECONDS + GRACE_SECONDS + 60]
    assert told() == [("response.failed", response.id)]


def test_a_deleted_response_is_no_more_looked_at(look, kept, response, told):
    kept.delete("local", response.id)

    assert look() is None
    assert told() == []


def test_a_response_that_never_was_queued_is_no_more_looked_at(completions):
    Watch(completions).look(Message("id", "receipt", "local" + "0" * 32, 1))


@pytest.mark.parametrize("body", ["", "x", "{}", "../" + "0" * 61])
def test_a_foreign_message_is_not_lost(completions, body):
    with pytest.raises(NotDoneError, match="dead-letter"):
        Watch(completions).look(Message("id", "receipt", body, 1))


def test_storage_that_is_away_is_tried_again_like_any_failure(look, store, monkeypatch):
    def away(_key):
        raise StorageError("x", reason="S3 SlowDown")

    monkeypatch.setattr(store, "get", away)
    again = look()

    assert "SlowDown" in str(again)
    assert again.seconds is None


def test_a_damaged_response_is_reported_and_tried_again_until_it_is_a_dead_letter(
    look, store, response, damaged
):
    (key,) = [key for key in store.objects if key.endswith("request.json")]
    store.put(key, b"{")
    again = look()

    assert "unreadable resp_" in str(again)
    assert again.seconds is None
    assert damaged == [response.id]
