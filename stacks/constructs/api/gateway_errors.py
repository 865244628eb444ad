"""API Gateway's own errors in the shape every OpenAI client understands."""

from __future__ import annotations

import json

from aws_cdk import aws_apigateway as apigw

from stacks.config import ApiConfig
from stacks.constructs.api.rate_limit_headers import rate_limit_headers

_TYPES = apigw.ResponseType

# Response type of API Gateway -> status it answers with (its own where None), type and code of the
# error as OpenAI names them, seconds after which to try again.
_ERRORS: dict[apigw.ResponseType, tuple[str | None, str, str, int | None]] = {
    _TYPES.UNAUTHORIZED: (None, "authentication_error", "invalid_api_key", None),
    _TYPES.ACCESS_DENIED: (None, "permission_error", "access_denied", None),
    # API Gateway's 403 would read as "the key is good, but not for this".
    _TYPES.INVALID_API_KEY: ("401", "authentication_error", "invalid_api_key", None),
    _TYPES.MISSING_AUTHENTICATION_TOKEN: ("404", "invalid_request_error", "unknown_url", None),
    _TYPES.THROTTLED: (None, "rate_limit_error", "rate_limit_exceeded", 1),
    _TYPES.QUOTA_EXCEEDED: (None, "insufficient_quota", "insufficient_quota", 3600),
    _TYPES.REQUEST_TOO_LARGE: (None, "invalid_request_error", "request_too_large", None),
    _TYPES.INTEGRATION_TIMEOUT: (None, "timeout_error", "timeout", None),
    _TYPES.DEFAULT_4_XX: (None, "invalid_request_error", "bad_request", None),
    _TYPES.DEFAULT_5_XX: (None, "server_error", "internal_error", None),
}


def shape_errors(api: apigw.RestApi, config: ApiConfig) -> None:
    """Give every error API Gateway makes itself OpenAI's shape, and a Retry-After where one fits.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """
    for response, (status, kind, code, retry) in _ERRORS.items():
        headers = {"Retry-After": f"'{retry}'"} if retry else {}
        if response.response_type == _TYPES.THROTTLED.response_type:
            headers |= rate_limit_headers(config)
        api.add_gateway_response(
            f"{response.response_type}",
            type=response,
            status_code=status,
            response_headers=headers or None,
            templates={"application/json": _body(kind, code)},
        )


def _body(kind: str, code: str) -> str:
    # The variable is a JSON string with its quotes, so it replaces a placeholder with its quotes.
    error = {"message": "$message", "type": kind, "param": None, "code": code}
    return json.dumps({"error": error}).replace('"$message"', "$context.error.messageString")
