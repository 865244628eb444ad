"""What can go wrong, as a tree, and the one table that says which HTTP status each part is.

ServiceError
├── InvalidRequestError         the caller's request cannot be served as it is
│   ├── UnknownModelError
│   ├── PreviousResponseError   the response to go on from is not there
│   ├── NotFoundError           no such object, or one of another key
│   └── RequestTooLargeError
├── StorageError                what the service keeps cannot be read or written
├── SchedulerError              what runs batches cannot be asked
└── UpstreamError               the endpoint did not answer
    ├── EndpointMissingError
    ├── ThrottledError
    ├── NotReadyError           it is warming up
    │   └── NoCapacityError     ... from nothing: no copy of the model runs
    ├── UpstreamTimeoutError
    └── EngineError             the model's container failed
        └── StreamBrokenError   ... after it began to answer
"""

from __future__ import annotations

from http import HTTPStatus


class ServiceError(Exception):
    """An answer the service could not give. The message is for the caller: no AWS internals.

    Args:
        message: What was wrong, what was got, what is allowed; lowercase, no full stop.
        param: The field of the request at fault, such as `messages[0].role`.
        reason: What the log says of the cause; never shown, never a prompt.
    """

    code: str | None = None
    """A stable name for programs."""

    retry_after_seconds: int | None = None
    """When to come back, if that is known better than the status tells."""

    def __init__(
        self, message: str, *, param: str | None = None, reason: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.reason = reason


class InvalidRequestError(ServiceError):
    """The request is malformed, out of range, or refused by the engine."""


class UnknownModelError(InvalidRequestError):
    """The request names a model this API does not serve."""

    code = "model_not_found"

    def __init__(self, requested: str, served: str) -> None:
        super().__init__(
            f"the model {requested!r} does not exist, this API serves {served!r}", param="model"
        )


class PreviousResponseError(InvalidRequestError):
    """The response to go on from is not there, or has no answer."""

    code = "previous_response_not_found"

    def __init__(self, message: str) -> None:
        super().__init__(f"previous_response_id: {message}", param="previous_response_id")


class NotFoundError(InvalidRequestError):
    """There is no such object among those of the caller's key."""

    code = "not_found"


class RequestTooLargeError(InvalidRequestError):
    """The body is over what SageMaker takes."""

    code = "request_too_large"


class StorageError(ServiceError):
    """What the service keeps cannot be read or written."""

    code = "storage_error"


class SchedulerError(ServiceError):
    """What runs batches cannot be asked."""

    code = "scheduler_error"


class UpstreamError(ServiceError):
    """The endpoint could not be asked."""

    code = "upstream_error"


class EndpointMissingError(UpstreamError):
    """There is no such endpoint."""

    code = "endpoint_not_found"


class ThrottledError(UpstreamError):
    """More requests came than the endpoint or its quota takes."""

    code = "rate_limit_exceeded"


class NotReadyError(UpstreamError):
    """The endpoint exists but nothing can answer yet."""

    code = "model_not_ready"

    def __init__(
        self, message: str, *, reason: str | None = None, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(message, reason=reason)
        self.retry_after_seconds = retry_after_seconds


class NoCapacityError(NotReadyError):
    """No copy of the model runs; that somebody asked is what starts one."""


class UpstreamTimeoutError(UpstreamError):
    """No bytes came in time."""

    code = "timeout"


class EngineError(UpstreamError):
    """The model's container failed."""

    code = "engine_error"


class StreamBrokenError(EngineError):
    """The answer ended before it was complete."""

    code = "stream_broken"


STATUS: dict[type[ServiceError], HTTPStatus] = {
    InvalidRequestError: HTTPStatus.BAD_REQUEST,
    UnknownModelError: HTTPStatus.NOT_FOUND,
    NotFoundError: HTTPStatus.NOT_FOUND,
    RequestTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
    SchedulerError: HTTPStatus.SERVICE_UNAVAILABLE,
    UpstreamError: HTTPStatus.BAD_GATEWAY,
    EndpointMissingError: HTTPStatus.NOT_FOUND,
    ThrottledError: HTTPStatus.TOO_MANY_REQUESTS,
    NotReadyError: HTTPStatus.SERVICE_UNAVAILABLE,
    UpstreamTimeoutError: HTTPStatus.GATEWAY_TIMEOUT,
}
"""The status of each class; a class not listed has its nearest ancestor's."""

RETRY_AFTER_SECONDS: dict[HTTPStatus, int] = {
    HTTPStatus.TOO_MANY_REQUESTS: 1,
    HTTPStatus.SERVICE_UNAVAILABLE: 10,
}
"""What `Retry-After` says: a throttle passes at once, an instance takes minutes to come."""


def status_of(error: ServiceError) -> HTTPStatus:
    """The status to answer an error with."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def body_of(
    message: str, status: int, *, param: str | None = None, code: str | None = None
) -> dict[str, dict[str, str | None]]:
    """An error in OpenAI's shape: platform.openai.com/docs/guides/error-codes."""
    return {"error": {"message": message, "type": _type_of(status), "param": param, "code": code}}


def _type_of(status: int) -> str:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limit_error"
    return "invalid_request_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
