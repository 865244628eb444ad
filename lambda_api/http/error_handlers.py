"""Handlers that answer every error in OpenAI's shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from lambda_api.errors import RETRY_AFTER_SECONDS, ServiceError, body_of, status_of
from lambda_api.http.request_log import record_of
from lambda_api.http.validation_errors import field_error

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "request_too_large"}


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
    return _answer(error.message, status, param=error.param, code=error.code, headers=headers)


async def _validation_error(_request: Request, raised: Exception) -> JSONResponse:
    error = cast(RequestValidationError, raised)
    first = error.errors()[0]
    _, *path = first["loc"]
    wrong = field_error({**first, "loc": path}, error.body)
    return _answer(wrong.message, 400, param=wrong.param)


async def _http_error(_request: Request, raised: Exception) -> JSONResponse:
    error = cast(HTTPException, raised)
    status = error.status_code
    code = _CODES.get(status)
    return _answer(str(error.detail).lower(), status, code=code, headers=error.headers)
