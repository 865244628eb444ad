"""SageMaker's messages about asynchronous requests."""

from __future__ import annotations

import pytest

from lambda_api.errors import (
    EngineError,
    InvalidRequestError,
    ThrottledError,
    UpstreamTimeoutError,
)
from lambda_api.responses.async_notification import AsyncNotification, error_behind
from tests.support.service.fake_queue import message

REFUSED = "client error (400) from primary"


def test_an_answer_tells_where_it_lies():
    notification = AsyncNotification.parse(
        message("abc", "Completed", responseParameters={"outputLocation": "s3://b/o"})
    )

    assert notification == AsyncNotification("abc", True, "s3://b/o", None, "", False)


@pytest.mark.parametrize(
    "where",
    [{"failureLocation": "s3://b/f"}, {"responseParameters": {"failureLocation": "s3://b/f"}}],
)
def test_a_failure_tells_why_and_where_its_words_lie(where):
    notification = AsyncNotification.parse(message("abc", "Failed", failureReason="why", **where))

    assert notification == AsyncNotification("abc", False, None, "s3://b/f", "why", False)


@pytest.mark.parametrize(
    "rubbish", ["", "null", "[]", "5", "{}", '{"inferenceId": "a"}', '{"invocationStatus": "x"}']
)
def test_another_message_is_none(rubbish):
    assert AsyncNotification.parse(rubbish) is None


@pytest.mark.parametrize(
    ("status", "reason", "said", "kind"),
    [
        (
            "Failed",
            REFUSED,
            b'{"error": "too long"}',
            InvalidRequestError,
        ),
        ("Failed", REFUSED, None, EngineError),
        ("Failed", "Model container Timed Out", None, UpstreamTimeoutError),
        ("Expired", REFUSED, b"x", UpstreamTimeoutError),
        ("Failed", "", b"x", EngineError),
    ],
)
def test_a_failure_is_an_error_for_its_caller(status, reason, said, kind):
    notification = AsyncNotification.parse(message("abc", status, failureReason=reason))

    assert type(notification.error(said)) is kind


SAGEMAKERS_WORDS = b"Received client error (400) from primary, see https://x/123456789012"


@pytest.mark.parametrize(
    ("failure", "kind", "message"),
    [
        (b'{"error":{"message":"too long","code":400}}', InvalidRequestError, "too long"),
        (b'{"object":"error","message":"too long","code":400}', InvalidRequestError, "too long"),
        (b'{"error":{"message":"wait","code":429}}', ThrottledError, "too many requests"),
        (b'{"error":{"message":"CUDA","code":500}}', EngineError, "failed to answer"),
        (b'{"error":"too long"}', EngineError, "failed to answer"),
        (b"Model container timed out", UpstreamTimeoutError, "in time"),
        (SAGEMAKERS_WORDS, EngineError, "failed to answer"),
        (b"", EngineError, "failed to answer"),
        (b"\xff[]", EngineError, "failed to answer"),
        (b"[400]", EngineError, "failed to answer"),
        (b'{"error":{"code":"x"}}', EngineError, "failed to answer"),
    ],
)
def test_a_failure_without_its_message_is_told_as_far_as_it_is_the_engines(failure, kind, message):
    error = error_behind(failure)

    assert type(error) is kind
    assert message in error.message
    assert "123456789012" not in error.message


def test_sagemakers_words_are_not_taken_for_the_engines():
    notification = AsyncNotification.parse(message("abc", "Failed", failureReason=REFUSED))

    assert "123456789012" not in notification.error(SAGEMAKERS_WORDS).message
