"""SageMaker's messages about asynchronous requests."""

from __future__ import annotations

import pytest

from lambda_api.errors import EngineError, InvalidRequestError, UpstreamTimeoutError
from lambda_api.responses.async_notification import AsyncNotification
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
