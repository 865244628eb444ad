"""Every error as an HTTP answer in OpenAI's shape."""

from collections.abc import Mapping
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from lambda_api.errors import RETRY_AFTER_SECONDS, ServiceError, body_of, status_of


def add_error_handlers(app: FastAPI) -> None:
    """Register the handlers with an app."""
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


def _answer(
    message: str,
    status: int,
    *,
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    return JSONResponse(body_of(message, status, param=param, code=code), status, headers)


async def _service_error(_request: Request, raised: Exception) -> JSONResponse:
    error = cast(ServiceError, raised)
    status = status_of(error)
    retry_after = RETRY_AFTER_SECONDS.get(status)
    headers = {"retry-after": str(retry_after)} if retry_after else None
    return _answer(error.message, status, param=error.param, code=error.code, headers=headers)


async def _validation_error(_request: Request, raised: Exception) -> JSONResponse:
    error = cast(RequestValidationError, raised)
    first = error.errors()[0]
    return _answer(first["msg"], 400, param=".".join(map(str, first["loc"][1:])))


async def _http_error(_request: Request, raised: Exception) -> JSONResponse:
    error = cast(HTTPException, raised)
    return _answer(str(error.detail).lower(), error.status_code, headers=error.headers)


async def _unexpected(_request: Request, _raised: Exception) -> JSONResponse:
    return _answer("the service failed", 500)
