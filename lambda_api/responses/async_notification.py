"""SageMaker's notifications of the end of asynchronous requests.

The message has no published schema. The fields are those of
docs.aws.amazon.com/sagemaker/latest/dg/async-inference-check-predictions.html#async-inference-check-predictions-sns-ntopics
and of messages seen; any may be missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from lambda_api.engine.json_fields import engine_message
from lambda_api.errors import (
    EngineError,
    InvalidRequestError,
    ServiceError,
    ThrottledError,
    UpstreamTimeoutError,
)

_STATUS = re.compile(r"\((\d{3})\)")
"""The container's status in SageMaker's reason:
`ClientError: Received client error (400) from primary with message "..."`."""

_REFUSALS = {400, 413, 422}


@dataclass(frozen=True)
class AsyncNotification:
    """The end of an asynchronous request.

    Attributes:
        inference_id: The name of the request.
        is_completed: True if the container answered.
        output_uri: The URI of the answer.
        failure_uri: The URI of the container's error, if there is one.
        reason: SageMaker's words on a failure, which name the account: not for callers.
        has_expired: True if the request waited or took too long.
    """

    inference_id: str
    is_completed: bool
    output_uri: str | None
    failure_uri: str | None
    reason: str
    has_expired: bool

    @classmethod
    def parse(cls, message: str) -> Self | None:
        """Read an SNS message; return None for any that SageMaker did not write."""
        try:
            told: Any = json.loads(message)
            status = str(told["invocationStatus"])
            answer = told.get("responseParameters") or {}
            return cls(
                inference_id=str(told["inferenceId"]),
                is_completed=status == "Completed",
                output_uri=answer.get("outputLocation"),
                failure_uri=told.get("failureLocation") or answer.get("failureLocation"),
                reason=str(told.get("failureReason") or ""),
                has_expired=status == "Expired",
            )
        except (ValueError, LookupError, TypeError, AttributeError):
            return None

    def error(self, said: bytes | None) -> ServiceError:
        """Return the error of a request that failed, in words for its caller.

        Args:
            said: The container's error, if there is one.
        """
        if self.has_expired:
            return UpstreamTimeoutError("the request expired before the model had answered it")
        return _error(self.reason, said)


def error_behind(failure: bytes) -> ServiceError:
    """Return the error behind a failure object, whose message is late or lost.

    The object holds the container's own error, or SageMaker's reason where no container answered.
    """
    return _error(failure.decode(errors="replace"), failure)


def _error(reason: str, said: bytes | None) -> ServiceError:
    told = _json_object(said)
    status = _status(reason, told)
    if status in _REFUSALS and told:
        return InvalidRequestError(engine_message(json.dumps(told)))
    if status == 429:
        return ThrottledError("the model had too many requests")
    if "timed out" in reason.lower():
        return UpstreamTimeoutError("the model did not answer in time")
    return EngineError("the model failed to answer")


def _json_object(said: bytes | None) -> dict[str, Any]:
    """Return an engine's error; empty for other words, which may be SageMaker's own."""
    try:
        told = json.loads(said or b"")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _status(reason: str, told: Mapping[str, Any]) -> int:
    """Return the container's status, as SageMaker or the engine itself tells it; 0 if neither."""
    if found := _STATUS.search(reason):
        return int(found[1])
    error = told.get("error")
    code = (error if isinstance(error, dict) else told).get("code")
    return code if isinstance(code, int) else 0
