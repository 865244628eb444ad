"""Translation of botocore's errors to the service's own; AWS's words about itself stop here.

Codes: docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html#errors.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EventStreamError,
    ReadTimeoutError,
)
from urllib3.exceptions import TimeoutError as StreamTimeoutError

from lambda_api.engine.refusals import refusal_of
from lambda_api.errors import (
    EndpointMissingError,
    EngineError,
    NoCapacityError,
    NotReadyError,
    ServiceError,
    StreamBrokenError,
    ThrottledError,
    UpstreamError,
    UpstreamTimeoutError,
)

# botocore wraps urllib3's errors until the answer's headers are there, and not after.
_TIMEOUTS = (ConnectTimeoutError, ReadTimeoutError, StreamTimeoutError)
_THROTTLES = {"ThrottlingException", "Throttling", "TooManyRequestsException"}
_NOT_READY = {"ModelNotReadyException", "ServiceUnavailable", "ServiceUnavailableException"}


def translate(error: Exception) -> ServiceError:
    """Return the error of a call that failed before the answer began."""
    if isinstance(error, ClientError):
        return _refusal(error)
    if isinstance(error, _TIMEOUTS):
        return _timeout(type(error).__name__)
    return UpstreamError("the model endpoint cannot be reached", reason=type(error).__name__)


def translate_midway(error: Exception) -> ServiceError:
    """Return the error of an answer that broke off."""
    if isinstance(error, _TIMEOUTS):
        return _timeout(type(error).__name__)
    if isinstance(error, EventStreamError):
        code, message = error.response["Error"]["Code"], str(error)
        # botocore drops the event's ErrorCode (ModelInvocationTimeExceeded or StreamBrokenError).
        return _timeout(code) if "time" in message.lower().split(":", 1)[-1] else _broken(code)
    return _broken(type(error).__name__)


def _refusal(error: ClientError) -> ServiceError:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "ModelError":
        return _from_engine(error.response)
    if code in {"ValidationError", "ValidationException"}:
        return _from_validation(error.response["Error"].get("Message", ""))
    if code in _THROTTLES or (status == 429 and code not in _NOT_READY):
        return ThrottledError("too many requests, try again shortly", reason=code)
    if code in _NOT_READY or status == 503:
        return _not_ready(code)
    return UpstreamError("the model endpoint failed", reason=code)


def _from_validation(message: str) -> ServiceError:
    text = message.lower()
    if "not found" in text or "could not find" in text:
        return EndpointMissingError("the model is not deployed", reason="endpoint not found")
    if "no capacity" in text:
        return _not_ready("no capacity", NoCapacityError)
    if "inservice" in text.replace(" ", ""):
        return _not_ready("not InService")
    return UpstreamError("the model endpoint refused the call", reason="ValidationError")


def _from_engine(response: Any) -> ServiceError:  # noqa: ANN401  ModelError's keys are not in stubs
    status = response.get("OriginalStatusCode", 0)
    message = response.get("OriginalMessage") or ""
    reason = f"ModelError, engine status {status}"
    # SageMaker reports its own 60 s limit as status 0 and this text.
    timed_out = "timed out" in (message or response["Error"].get("Message", ""))
    refusal = refusal_of(status, message, reason)
    return (
        _timeout(reason)
        if type(refusal) is EngineError and (status == 504 or timed_out)
        else refusal
    )


def _not_ready(reason: str, kind: type[NotReadyError] = NotReadyError) -> NotReadyError:
    return kind("the model is not ready, try again shortly", reason=reason)


def _timeout(reason: str) -> UpstreamTimeoutError:
    return UpstreamTimeoutError(
        "the model did not answer in time, a shorter answer or `stream: true` may help",
        reason=reason,
    )


def _broken(reason: str) -> StreamBrokenError:
    return StreamBrokenError("the model stopped before its answer was complete", reason=reason)
