"""API Gateway's context of a request, as either door passes it on."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import Scope

_HEADER = b"x-amzn-request-context"
_READ = "twin.request_context"


def request_context(scope: Scope) -> dict[str, Any]:
    """Return API Gateway's request context; empty where there is no gateway (`make dev`).

    Mangum keeps the event in the scope; the Web Adapter sends its context as JSON in a header,
    over anything the client put there:
    awslabs.github.io/aws-lambda-web-adapter/features/request-context.html. Of several such headers
    none is believed.
    """
    if _READ not in scope:
        scope[_READ] = _read(scope)
    found: dict[str, Any] = scope[_READ]
    return found


def is_doubtful(scope: Scope) -> bool:
    """Return True if a request has several contexts: some are not the Web Adapter's."""
    return "aws.event" not in scope and len(_sent(scope)) > 1


def _read(scope: Scope) -> dict[str, Any]:
    if "aws.event" in scope:
        found = scope["aws.event"].get("requestContext")
    else:
        sent = _sent(scope)
        try:
            found = json.loads(sent[0]) if len(sent) == 1 else None
        except ValueError:
            found = None
    return found if isinstance(found, dict) else {}


def _sent(scope: Scope) -> list[bytes]:
    return [value for name, value in scope["headers"] if name == _HEADER]
