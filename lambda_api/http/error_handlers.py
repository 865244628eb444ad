"""Handlers that answer every error in OpenAI's shape."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from lambda_api.error_status import RETRY_AFTER_SECONDS, body_of, status_of
from lambda_api.errors import ServiceError
from lambda_api.http.request_log import record_of
from lambda_api.http.unknown_routes import methods_of, no_such_route, reason_of_absence
from lambda_api.http.validation_errors import field_error_of

_CODES = {413: "request_too_large"}


def add_error_handlers(app: FastAPI) -> None:
    """Add the handlers to an app."""
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)


def _answer(
    message: str,
    status: int,
    *,
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    return JSONResponse(body_of(message, status, param=param, code=code), status, headers)


async def _service_error(request: Request, raised: Exception) -> JSONResponse:
    error = cast(ServiceError, raised)
    record_of(request).error = error
    status = status_of(error)
    retry_after = error.retry_after_seconds or RETRY_AFTER_SECONDS.get(status)
    headers = {**error.headers, **({"retry-after": str(retry_after)} if retry_after else {})}
    if status == HTTPStatus.CONFLICT and not retry_after:
        headers["x-should-retry"] = "false"  # or OpenAI's clients send it twice more
    return _answer(error.message, status, param=error.param, code=error.code, headers=headers)


async def _validation_error(_request: Request, raised: Exception) -> JSONResponse:
    error = cast(RequestValidationError, raised)
    # Each path begins with "body" or "query".
    found = [{**details, "loc": details["loc"][1:]} for details in error.errors()]
    wrong = field_error_of(found, error.body)
    return _answer(wrong.message, 400, param=wrong.param)


async def _http_error(request: Request, raised: Exception) -> Response:
    error = cast(HTTPException, raised)
    if error.status_code in {404, 405}:
        return _unknown_route(request)
    status = error.status_code
    code = _CODES.get(status)
    return _answer(str(error.detail).lower(), status, code=code, headers=error.headers)


def _unknown_route(request: Request) -> Response:
    """Answer a request that no route takes, by the codes OpenAI has for it."""
    method, path, routes = request.method, request.scope["path"], request.app.routes
    allowed = methods_of(path, routes)
    if not allowed or reason_of_absence(method, path):
        return _answer(no_such_route(method, path, routes), 404, code="unknown_url")
    headers = {"allow": ", ".join([*allowed, "OPTIONS"])}
    if method == "OPTIONS":
        return Response(status_code=204, headers=headers)
    message = f"{path} takes {' and '.join(allowed)}, got {method}"
    return _answer(message, 405, code="method_not_supported", headers=headers)
