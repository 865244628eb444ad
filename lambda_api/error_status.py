"""Statuses of errors, and the body of an answer that tells one, in OpenAI's shape."""

from __future__ import annotations

from http import HTTPStatus

from lambda_api.errors import (
    ConflictError,
    EndpointMissingError,
    InvalidRequestError,
    NotFoundError,
    NotReadyError,
    QueueError,
    QuotaError,
    RequestTooLargeError,
    SchedulerError,
    ServiceError,
    StorageError,
    ThrottledError,
    UnknownModelError,
    UnreadableObjectError,
    UpstreamError,
    UpstreamTimeoutError,
)

STATUS: dict[type[ServiceError], HTTPStatus] = {
    InvalidRequestError: HTTPStatus.BAD_REQUEST,
    UnknownModelError: HTTPStatus.NOT_FOUND,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    RequestTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    QuotaError: HTTPStatus.TOO_MANY_REQUESTS,
    StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
    UnreadableObjectError: HTTPStatus.INTERNAL_SERVER_ERROR,
    SchedulerError: HTTPStatus.SERVICE_UNAVAILABLE,
    QueueError: HTTPStatus.SERVICE_UNAVAILABLE,
    UpstreamError: HTTPStatus.BAD_GATEWAY,
    EndpointMissingError: HTTPStatus.NOT_FOUND,
    ThrottledError: HTTPStatus.TOO_MANY_REQUESTS,
    NotReadyError: HTTPStatus.SERVICE_UNAVAILABLE,
    UpstreamTimeoutError: HTTPStatus.GATEWAY_TIMEOUT,
}
"""The status of each class; a class not listed has that of the nearest ancestor."""

RETRY_AFTER_SECONDS: dict[HTTPStatus, int] = {
    HTTPStatus.TOO_MANY_REQUESTS: 1,
    HTTPStatus.SERVICE_UNAVAILABLE: 10,
}
"""The `Retry-After` of a status: a throttle passes at once, an instance takes minutes to come."""


def status_of(error: ServiceError) -> HTTPStatus:
    """Return the status to answer an error with."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def body_of(
    message: str, status: int, *, param: str | None = None, code: str | None = None
) -> dict[str, dict[str, str | None]]:
    """Return an error in OpenAI's shape: platform.openai.com/docs/guides/error-codes."""
    return {"error": {"message": message, "type": _type_of(status), "param": param, "code": code}}


def _type_of(status: int) -> str:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limit_error"
    if status == HTTPStatus.UNAUTHORIZED:
        return "authentication_error"  # as API Gateway's own 401 says: gateway_errors.py
    return "invalid_request_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
