"""The caller of a request: each sees only what was made with the same key.

docs/decisions/0080-a-caller-is-who-the-gateway-says.md says who a caller is, and who is refused.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Literal, TypeAlias

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from lambda_api.error_status import body_of
from lambda_api.http.request_context import is_doubtful, request_context

Identity: TypeAlias = Literal["key", "session", "role"]
"""The part of API Gateway's context that names a caller: the API key's id, the IAM session's ARN,
or the ARN of the session's role."""

LOCAL_CALLER_ID = "local"
"""The caller where no gateway tells, as under `make dev`; no digest reads like this."""

OPEN_PATHS = frozenset({"/health", "/docs", "/openapi.json"})
"""The paths that answer anybody; tests/contract/test_routes.py compares with the gateway's."""

_DOUBTFUL = (
    "the header x-amzn-request-context came more than once, it is the gateway's alone",
    400,
    "invalid_header",
)
_UNKNOWN = (
    "the gateway told of no caller, send an API key or a signature with the request",
    401,
    "unknown_caller",
)
_CALLER = "twin.caller"
_DIGITS = 32
_ASSUMED_ROLE = re.compile(r"(arn:[\w-]+:sts::\d{12}:assumed-role/[^/]+)/.+")
"""docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns"""


def caller_id(scope: Scope) -> str:
    """Return the id of a request's caller, the owner of its objects; fit for an S3 key.

    32 hex digits, a digest of the API key's id (never of the key) or, with IAM, of the caller's
    ARN; or `local`, where no gateway is. Only for requests that came through `CallersOnly`.
    """
    caller: str = scope[_CALLER]
    return caller


class CallersOnly:
    """ASGI middleware that finds out who calls, and refuses who cannot be told.

    Args:
        app: The app.
        identity: The name of callers; None where no gateway is, so that all are `local`.
        open_paths: The paths that need no caller.
    """

    def __init__(
        self,
        app: ASGIApp,
        identity: Identity | None,
        open_paths: frozenset[str] = OPEN_PATHS,
    ) -> None:
        self._app = app
        self._identity = identity
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its caller, or answer that there is none."""
        app = self._app if scope["type"] != "http" else self._admitted(scope)
        await app(scope, receive, send)

    def _admitted(self, scope: Scope) -> ASGIApp:
        """Return the app, which then knows the caller, or the refusal of a request."""
        if is_doubtful(scope):
            return _refusal(*_DOUBTFUL)
        caller = _caller(scope, self._identity)
        if caller is not None:
            scope[_CALLER] = caller
        elif not self._is_open(scope):
            return _refusal(*_UNKNOWN)
        return self._app

    def _is_open(self, scope: Scope) -> bool:
        # A preflight never carries credentials: fetch.spec.whatwg.org/#cors-preflight-fetch.
        return scope["path"] in self._open_paths or scope["method"] == "OPTIONS"


def _refusal(message: str, status: int, code: str) -> ASGIApp:
    return JSONResponse(body_of(message, status, code=code), status)


def _caller(scope: Scope, identity: Identity | None) -> str | None:
    sent = request_context(scope).get("identity")
    known = sent if isinstance(sent, dict) else {}
    if identity is None:
        name = known.get("apiKeyId") or known.get("userArn")
        return _digest(name) if name else LOCAL_CALLER_ID
    name = known.get("apiKeyId" if identity == "key" else "userArn")
    if not name or not isinstance(name, str):
        return None
    return _digest(_role_of(name) if identity == "role" else name)


def _role_of(arn: str) -> str:
    """Return an ARN without the name of the session; a user's stays as it is."""
    session = _ASSUMED_ROLE.fullmatch(arn)
    return session[1] if session else arn


def _digest(name: object) -> str:
    return sha256(str(name).encode()).hexdigest()[:_DIGITS]
