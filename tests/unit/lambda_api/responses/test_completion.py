"""SageMaker's news of an end: what becomes of a response, and who is told."""

from __future__ import annotations

import json
import logging

import pytest

from lambda_api.chat.service import ChatService
from lambda_api.errors import NotFoundError, QueueError
from lambda_api.response_requests.schemas import ResponseRequest
from lambda_api.responses.background import Background
from lambda_api.responses.completion import AnswerMissingError, Completions
from lambda_api.responses.service import ResponseService
from lambda_api.retrieval.grounded_chat import GroundedChat
from tests.support.service.fake_queue import answer, message

ACCOUNT = "123456789012"


@pytest.fixture
def completions(kept, events):
    return Completions(kept, events, logging.getLogger("completion"))


@pytest.fixture
def response_id(service: ChatService, kept, queue):
    """A queued response."""
    responses = ResponseService(GroundedChat(service), lambda: kept, Background(lambda: queue, 100))
    request = ResponseRequest(model="twin", input="hi", background=True)
    return responses.enqueue(request, "local").id


@pytest.fixture
def response(kept, response_id):
    return lambda: kept.find("local", response_id).response


def test_an_answer_completes_the_response_and_the_event_is_queued(
    completions, queue, name, response, response_id, told, store
):
    completions.take(queue.end(name, answer("Hello")))

    assert response().status == "completed"
    assert response().output[0].content[0].text == "Hello"
    assert response().usage.total_tokens == 5
    assert told() == [("response.completed", response_id)]
    assert not any(key.startswith("async/") for key in store.objects)


def test_a_message_that_comes_twice_is_told_once(completions, queue, name, response, told):
    news = queue.end(name, answer("first"))
    completions.take(news)
    queue.end(name, answer("second"))
    completions.take(news)

    assert response().output[0].content[0].text == "first"
    assert len(told()) == 1


def test_an_event_that_could_not_be_queued_is_queued_when_the_message_comes_again(
    completions, queue, name, response, events, told, response_id
):
    news = queue.end(name, answer())
    events.refusal = QueueError("away")
    with pytest.raises(QueueError):
        completions.take(news)
    events.refusal = None
    completions.take(news)

    assert response().status == "completed"
    assert told() == [("response.completed", response_id)]


def test_an_event_is_the_same_however_often_it_is_queued(
    completions, queue, name, events, kept, store
):
    news = queue.end(name, answer())
    completions.take(news)
    (note,) = [key for key in store.objects if key.endswith("announced.json")]
    store.delete(note)  # as if the function had died before
    completions.take(news)

    assert len(events.sent) == 2
    assert len(set(events.sent)) == 1


def test_what_was_cut_short_is_told_as_incomplete(completions, queue, name, told, response_id):
    completions.take(queue.end(name, answer(finish_reason="length")))

    assert told() == [("response.incomplete", response_id)]


REFUSED = f'ClientError: Received client error (400) from primary with message "x" in {ACCOUNT}'
FAILED = f"ClientError: Received server error (500) from model. See https://x/{ACCOUNT}"


@pytest.mark.parametrize(
    ("reason", "said", "status", "code", "words"),
    [
        (
            REFUSED,
            b'{"error":{"message":"context too long"}}',
            "Failed",
            "invalid_prompt",
            "context",
        ),
        (REFUSED, None, "Failed", "server_error", "failed to answer"),
        (FAILED, b"CUDA arn:aws:x", "Failed", "server_error", "failed to answer"),
        (REFUSED.replace("400", "429"), b"{}", "Failed", "rate_limit_exceeded", "too many"),
        ("Model container timed out", None, "Failed", "server_error", "in time"),
        ("in the queue too long", b"in the queue", "Expired", "server_error", "expired"),
        ("", None, "Failed", "server_error", "failed to answer"),
    ],
    ids=["refused", "refused without words", "failed", "busy", "too slow", "expired", "silent"],
)
def test_a_failure_is_told_in_our_words(
    completions, queue, name, response, response_id, told, reason, said, status, code, words
):
    completions.take(queue.fail(name, reason, said, status))

    assert response().status == "failed"
    assert response().error.code == code
    assert words in response().error.message
    for internal in (ACCOUNT, "arn:", "CUDA", "ClientError"):
        assert internal not in response().error.message
    assert told() == [("response.failed", response_id)]


@pytest.mark.parametrize("rubbish", [b"", b"<html>", b'{"choices":[]}'])
def test_an_answer_that_is_none_fails_the_response(completions, queue, name, response, rubbish):
    completions.take(queue.end(name, rubbish))

    assert response().status == "failed"


def test_a_late_answer_to_a_cancelled_response_is_dropped(
    completions, queue, name, response, kept, response_id, told, store
):
    kept.cancel("local", response_id)
    completions.take(queue.end(name, answer()))

    assert response().status == "cancelled"
    assert response().output == []
    assert told() == [("response.cancelled", response_id)]
    assert not any(key.startswith("async/") for key in store.objects)


def test_a_late_answer_to_a_deleted_response_is_dropped(
    completions, queue, name, kept, response_id, told, store
):
    kept.delete("local", response_id)
    completions.take(queue.end(name, answer("secret")))

    with pytest.raises(NotFoundError):
        kept.find("local", response_id)
    assert told() == []
    assert not any(b"secret" in found.body for found in store.objects.values())


def test_a_deleted_response_stays_deleted_when_its_message_comes_again(
    completions, queue, name, kept, response_id, store
):
    news = queue.end(name, answer())
    completions.take(news)
    kept.delete("local", response_id)
    completions.take(news)

    assert [key for key in store.objects if "result.json" not in key] == []


def test_an_answer_that_is_not_there_yet_is_tried_again(completions, name, response):
    where = {"outputLocation": "s3://bucket/async/output/none.out"}

    with pytest.raises(AnswerMissingError):
        completions.take(message(name, "Completed", responseParameters=where))
    assert response().status == "queued"


@pytest.mark.parametrize(
    "rubbish",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"invocationStatus":"Completed"}',
        message("", "Completed"),
        message("6a9f0e46-2b5c-4f57-8a3f-0d0c3c7f3a11", "Failed"),
        message("../" + "0" * 61, "Completed"),
    ],
)
def test_a_message_about_no_response_is_left(completions, store, told, rubbish):
    completions.take(rubbish)

    assert store.objects == {}
    assert told() == []


def test_prompts_and_answers_are_not_logged(completions, queue, name, caplog):
    caplog.set_level(logging.DEBUG)
    completions.take(queue.end(name, answer("secret answer")))

    assert "ended" in caplog.text
    assert "secret" not in json.dumps([record.__dict__ for record in caplog.records], default=str)
