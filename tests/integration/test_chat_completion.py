"""Whole answers, and the statuses of what fails before an answer starts."""

from __future__ import annotations

import openai
import pytest

from tests.support.service.standin_runtime import (
    CUT,
    DONE,
    HANG_UP,
    SILENCE,
    Fault,
    Reply,
    Stream,
    chunk,
    completion,
    completion_events,
    event,
    service_error,
)

TIMEOUT_SECONDS = 1.0
"""The service's `model_timeout_seconds` here."""

ACCOUNT = "123456789012"


def model_error(status, message):
    return service_error(
        424,
        "ModelError",
        f'Received error ({status}) from primary with message "{message}" in account {ACCOUNT}',
        OriginalStatusCode=status,
        OriginalMessage=message,
        LogStreamArn=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:x",
    )


FAILURES = {
    "no endpoint": (
        service_error(
            400, "ValidationError", f"Endpoint twin-local of account {ACCOUNT} not found."
        ),
        404,
        "endpoint_not_found",
    ),
    "no capacity": (
        service_error(400, "ValidationError", "Inference Component has no capacity to process"),
        503,
        "model_not_ready",
    ),
    "not ready": (service_error(429, "ModelNotReadyException", "x"), 503, "model_not_ready"),
    "unavailable": (service_error(503, "ServiceUnavailable", "x"), 503, "model_not_ready"),
    "throttled": (service_error(400, "ThrottlingException", "Rate"), 429, "rate_limit_exceeded"),
    "internal": (service_error(500, "InternalFailure", "x"), 502, "upstream_error"),
    "denied": (service_error(403, "AccessDeniedException", "arn:aws:x"), 502, "upstream_error"),
    "too long": (model_error(400, '{"error":{"message":"context too long"}}'), 400, None),
    "engine": (model_error(500, "CUDA out of memory"), 502, "engine_error"),
    "no json": (Reply(500, b"<html>"), 502, "upstream_error"),
}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_before_the_answer_is_a_real_status(runtime, ask, name, stream):
    runtime.answer, status, code = FAILURES[name]

    with pytest.raises(openai.APIStatusError) as caught:
        ask(stream=stream)

    assert caught.value.status_code == status
    assert caught.value.code == code
    assert ("retry-after" in caught.value.response.headers) is (status in {429, 503})
    for internal in (ACCOUNT, "arn:", "twin-local", "CUDA", "amazonaws"):
        assert internal not in caught.value.response.text
    assert len(runtime.received) == 1


def test_the_engines_own_words_explain_a_refused_request(runtime, ask):
    runtime.answer = FAILURES["too long"][0]

    with pytest.raises(openai.BadRequestError, match="context too long"):
        ask()


@pytest.mark.parametrize("stream", [True, False])
def test_silence_is_a_504(runtime, ask, stream):
    runtime.answer = SILENCE

    with pytest.raises(openai.APIStatusError) as caught:
        ask(stream=stream)

    assert caught.value.status_code == 504
    assert len(runtime.received) == 1


@pytest.mark.parametrize("stream", [True, False])
def test_a_pooled_connection_that_died_is_replaced(runtime, ask, stream):
    """As happens to a function that Lambda froze for a while."""
    answers = iter(
        [HANG_UP, completion("back") if not stream else Stream(completion_events(["back"]))]
    )
    runtime.answer = lambda _call: next(answers)

    assert ask(stream=stream)
    assert len(runtime.received) == 2


STREAMED = Stream(completion_events(["Grüß ", "dich", " 👋"]))
WHOLE = completion("Grüß dich 👋", prompt=7, tokens=3)


@pytest.mark.parametrize("answer", [STREAMED, WHOLE], ids=["streamed", "whole"])
def test_a_whole_answer_carries_the_clients_name_and_the_usage(runtime, ask, answer):
    runtime.answer = answer

    told = ask()

    assert told.choices[0].message.content == "Grüß dich 👋"
    assert told.choices[0].finish_reason == "stop"
    assert told.model == "twin"
    assert told.usage.total_tokens == 10
    assert runtime.received[0].path == "/endpoints/twin-local/invocations-response-stream"


def test_an_assembled_answer_is_the_one_that_the_engine_sends_whole(runtime, ask):
    runtime.answer = STREAMED
    assembled = ask()
    runtime.answer = WHOLE

    assert assembled == ask()


def test_a_whole_answer_that_takes_longer_than_the_model_may_is_a_504(runtime, ask):
    events = completion_events(["word"] * 8)
    runtime.answer = Stream([step for sent in events for step in (sent, TIMEOUT_SECONDS / 2)])

    with pytest.raises(openai.APIStatusError, match="took more than 1 s") as caught:
        ask(timeout=60)

    assert caught.value.status_code == 504
    assert runtime.client_left.wait(60)


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([event(chunk("a")), CUT], 502),
        ([event(chunk("a")), Fault("ModelStreamError", "the model died")], 502),
        ([event(chunk("a")), event(b'{"error":{"message":"CUDA","code":500}}')], 502),
        ([event(chunk("a"))], 502),
        ([event(b'{"error":{"message":"bad schema","code":400}}'), DONE], 400),
    ],
)
def test_what_breaks_off_before_a_whole_answer_is_a_real_status(runtime, ask, steps, status):
    runtime.answer = Stream(steps)

    with pytest.raises(openai.APIStatusError) as caught:
        ask()

    assert caught.value.status_code == status
    assert "CUDA" not in caught.value.message


def test_six_megabytes_pass_and_more_do_not(runtime, ask):
    runtime.answer = completion("read")
    room = 6_291_456 - 200

    assert ask(messages=[{"role": "user", "content": "x" * room}]).choices
    assert len(runtime.received[0].body) > room
    with pytest.raises(openai.APIStatusError) as caught:
        ask(messages=[{"role": "user", "content": "x" * (room + 200)}])
    assert caught.value.status_code == 413
    assert len(runtime.received) == 1


def test_an_older_completion_is_answered(client, runtime):
    runtime.answer = Stream(completion_events(["Grüß ", "dich 👋"]))

    answer = client.completions.create(model="twin", prompt="hi", max_tokens=8)

    assert (answer.object, answer.choices[0].text) == ("text_completion", "Grüß dich 👋")
    assert answer.usage.completion_tokens == 2
    assert runtime.received[-1].json["messages"] == [{"role": "user", "content": "hi"}]


def test_an_older_completion_is_streamed(client, runtime):
    runtime.answer = Stream(completion_events(["Grüß ", "dich 👋"]))

    chunks = list(client.completions.create(model="twin", prompt=["hi"], stream=True))

    assert "".join(chunk.choices[0].text for chunk in chunks) == "Grüß dich 👋"
    assert chunks[-1].choices[0].finish_reason == "stop"
