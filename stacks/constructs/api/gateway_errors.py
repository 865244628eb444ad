"""API Gateway's own errors in the shape every OpenAI client understands."""

from __future__ import annotations

import json
from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigw

from stacks.config import ApiConfig
from stacks.constructs.api.rate_limit_headers import rate_limit_headers

_TYPES = apigw.ResponseType


@dataclass(frozen=True)
class _Error:
    """An error as OpenAI names it.

    Attributes:
        kind: its `type`.
        code: its `code`.
        message: its words; API Gateway's own where None.
        status: its status; API Gateway's own where None.
        retry_after: seconds after which to try again.
    """

    kind: str
    code: str
    message: str | None = None
    status: int | None = None
    retry_after: int | None = None


_ERRORS: dict[apigw.ResponseType, _Error] = {
    _TYPES.UNAUTHORIZED: _Error(
        "authentication_error",
        "invalid_api_key",
        "no usable API key: send one as `Authorization: Bearer KEY`",
    ),
    _TYPES.ACCESS_DENIED: _Error("permission_error", "access_denied"),
    # API Gateway's 403 would read as "the key is good, but not for this".
    _TYPES.INVALID_API_KEY: _Error(
        "authentication_error",
        "invalid_api_key",
        "the API key is not one of this API's: see that it is whole, and of this stage",
        401,
    ),
    _TYPES.THROTTLED: _Error(
        "rate_limit_error",
        "rate_limit_exceeded",
        "too many requests at once: try again in a second",
        retry_after=1,
    ),
    _TYPES.QUOTA_EXCEEDED: _Error(
        "insufficient_quota",
        "insufficient_quota",
        "the API key's quota of today is used up",
        retry_after=3600,
    ),
    _TYPES.REQUEST_TOO_LARGE: _Error(
        "invalid_request_error",
        "request_too_large",
        "the body is too large: 6 MB is the most that a Lambda function takes, as JSON",
    ),
    _TYPES.INTEGRATION_TIMEOUT: _Error("timeout_error", "timeout"),
    # Lambda refused the call, mostly at the limit of concurrent executions; else it is a 500.
    _TYPES.INTEGRATION_FAILURE: _Error(
        "server_error",
        "service_unavailable",
        "the service takes no more requests at the moment: try again in a few seconds",
        503,
        retry_after=5,
    ),
    _TYPES.DEFAULT_4_XX: _Error("invalid_request_error", "bad_request"),
    _TYPES.DEFAULT_5_XX: _Error("server_error", "internal_error"),
}

# Every path and method has a route. With keys this is left for methods that HTTP hardly knows; with
# IAM it is the answer to a request without a signature.
_NO_ROUTE = _Error(
    "invalid_request_error", "unknown_url", "no route takes this method: use GET or POST", 404
)
_UNSIGNED = _Error(
    "authentication_error",
    "missing_signature",
    "no signature: this API takes requests signed with AWS Signature Version 4",
    401,
)


def shape_errors(api: apigw.RestApi, config: ApiConfig) -> None:
    """Give every error API Gateway makes itself OpenAI's shape, and a Retry-After where one fits.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """
    unmatched = _UNSIGNED if config.auth == "iam" else _NO_ROUTE
    errors = {**_ERRORS, _TYPES.MISSING_AUTHENTICATION_TOKEN: unmatched}
    for response, error in errors.items():
        headers = _cors_headers(config.cors_origins)
        if error.retry_after:
            headers["Retry-After"] = f"'{error.retry_after}'"
        if response.response_type == _TYPES.THROTTLED.response_type:
            headers |= rate_limit_headers(config)
        api.add_gateway_response(
            f"{response.response_type}",
            type=response,
            status_code=str(error.status) if error.status else None,
            response_headers=headers or None,
            templates={"application/json": _body(error)},
        )


def _cors_headers(origins: list[str]) -> dict[str, str]:
    """Return what lets a page read an error; of several origins, the one that asks.

    Gateway responses cannot compare. A page of another origin may then read that its request
    failed, and nothing of anybody (docs/decisions/0088).
    """
    if not origins:
        return {}
    only = f"'{origins[0]}'" if len(origins) == 1 else "method.request.header.Origin"
    return {
        "Access-Control-Allow-Origin": only,
        "Access-Control-Expose-Headers": (
            "'retry-after,x-amzn-requestid,x-ratelimit-limit-requests,"
            "x-ratelimit-remaining-requests,x-ratelimit-reset-requests'"
        ),
        "Vary": "'origin'",
    }


def _body(error: _Error) -> str:
    # The variable is a JSON string with its quotes, so it replaces a placeholder with its quotes.
    told = {
        "message": error.message or "$message",
        "type": error.kind,
        "param": None,
        "code": error.code,
    }
    return json.dumps({"error": told}).replace('"$message"', "$context.error.messageString")
