"""The tree of the service's errors, and the table of their HTTP statuses.

ServiceError
├── InvalidRequestError         the caller's request cannot be served as it is
│   ├── UnknownModelError
│   ├── UnsupportedToolError    a tool that the stage's config does not have (retrieval/errors.py)
│   ├── UnknownFieldError       a field that is on no list
│   ├── ContextLengthError      prompt and answer do not fit into the model's context
│   ├── PreviousResponseError   the response to go on from is not there
│   ├── NotFoundError           no such object, or one of another key
│   ├── ConflictError           the object's state, or an earlier request, is against it
│   └── RequestTooLargeError
├── QuotaError                  the caller holds as much as is allowed
├── StorageError                the bucket or table cannot be read or written
│   └── UnreadableObjectError   what lies there is not what was written
├── SchedulerError              batches cannot be started or stopped
├── QueueError                  a message queue cannot be used
└── UpstreamError               the endpoint did not answer
    ├── EndpointMissingError
    ├── ThrottledError
    ├── NotReadyError           it is warming up
    │   └── NoCapacityError     ... from nothing: no copy of the model runs
    ├── UpstreamTimeoutError
    ├── RetrievalError          the search function did not answer (retrieval/errors.py)
    └── EngineError             the model's container failed
        └── StreamBrokenError   ... after it began to answer
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_LONG_SECONDS = 60
"""The `Retry-After` from which OpenAI's clients are told to raise the error. Left alone they wait
for up to 60 s, twice, without a word."""


class ServiceError(Exception):
    """A failure to answer. The message is for the caller: no AWS internals.

    Attributes:
        message: The fault, the value got and what is allowed; lowercase, no full stop.
        param: The field of the request at fault, such as `messages[0].role`.
        reason: The cause, for the log; never shown, never a prompt.
        code: A stable name for programs.
        retry_after_seconds: Time until a new attempt makes sense, if known better than by status.
        headers: Further headers of the answer.
    """

    code: str | None = None
    retry_after_seconds: int | None = None
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self, message: str, *, param: str | None = None, reason: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.reason = reason


class InvalidRequestError(ServiceError):
    """A request that is malformed, out of range, or refused by the engine."""


class UnknownModelError(InvalidRequestError):
    """A request for a model that this API does not serve."""

    code = "model_not_found"

    def __init__(self, requested: str, *served: str) -> None:
        names = ", ".join(map(repr, served))
        super().__init__(
            f"the model {requested!r} does not exist, this API serves {names}", param="model"
        )


class UnknownFieldError(InvalidRequestError):
    """A field that this API does not have, or does not let through to the engine."""

    code = "unknown_parameter"

    def __init__(self, param: str) -> None:
        super().__init__(
            f"{param}: is no field of this API; what an engine reads beyond OpenAI's fields and "
            "samplers passes only where the API's engine_fields name it",
            param=param,
        )


class PreviousResponseError(InvalidRequestError):
    """A request to go on from a response that is not there, or has no answer."""

    code = "previous_response_not_found"

    def __init__(self, message: str) -> None:
        super().__init__(f"previous_response_id: {message}", param="previous_response_id")


class ContextLengthError(InvalidRequestError):
    """A request whose prompt and answer do not fit into the model's context."""

    code = "context_length_exceeded"


class NotFoundError(InvalidRequestError):
    """A request for an object that the caller's key does not own."""

    code = "not_found"


class ConflictError(InvalidRequestError):
    """A request that the state of an object, or an earlier request, does not allow.

    OpenAI's clients send a 409 again unless told not to: only worth it where `retry_after_seconds`
    is set.
    """

    code = "conflict"

    def __init__(
        self, message: str, *, param: str | None = None, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(message, param=param)
        self.retry_after_seconds = retry_after_seconds


class RequestTooLargeError(InvalidRequestError):
    """A body that is larger than SageMaker takes."""

    code = "request_too_large"


class QuotaError(ServiceError):
    """A request for more than one caller may hold.

    Args:
        message: As of every error.
        most: Most things of the kind.
        retry_after_seconds: Time after which some have probably ended; None if only the caller can
            end them.
    """

    code = "rate_limit_exceeded"

    def __init__(self, message: str, most: int, retry_after_seconds: int | None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds or _LONG_SECONDS
        headers = {}
        if retry_after_seconds is not None:
            # platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
            headers = {
                "x-ratelimit-limit-requests": str(most),
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": f"{retry_after_seconds}s",
            }
        if self.retry_after_seconds >= _LONG_SECONDS:
            headers["x-should-retry"] = "false"
        self.headers = headers


class StorageError(ServiceError):
    """Storage that cannot be read or written."""

    code = "storage_error"


class UnreadableObjectError(StorageError):
    """An object whose stored state is damaged: trying again does not help, deleting it does."""

    code = "unreadable_object"

    def __init__(self, object_id: str) -> None:
        super().__init__(
            f"what is stored of {object_id!r} cannot be read; DELETE removes it",
            reason=f"unreadable {object_id}",
        )


class SchedulerError(ServiceError):
    """A state machine that cannot be started or stopped."""

    code = "scheduler_error"


class QueueError(ServiceError):
    """A message queue that takes no message."""

    code = "queue_error"


class UpstreamError(ServiceError):
    """An endpoint that gave no answer."""

    code = "upstream_error"


class EndpointMissingError(UpstreamError):
    """An endpoint that does not exist."""

    code = "endpoint_not_found"


class ThrottledError(UpstreamError):
    """More requests than the endpoint, or the account's quota, takes."""

    code = "rate_limit_exceeded"


class NotReadyError(UpstreamError):
    """An endpoint that exists but cannot answer yet."""

    code = "model_not_ready"

    def __init__(
        self, message: str, *, reason: str | None = None, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(message, reason=reason)
        self.retry_after_seconds = retry_after_seconds


class NoCapacityError(NotReadyError):
    """An endpoint without a running copy of the model; the request itself starts one."""


class UpstreamTimeoutError(UpstreamError):
    """An answer, or the next bytes of one, that did not come in time."""

    code = "timeout"


class EngineError(UpstreamError):
    """A failure of the model's container."""

    code = "engine_error"


class StreamBrokenError(EngineError):
    """An answer that ended before it was complete."""

    code = "stream_broken"
