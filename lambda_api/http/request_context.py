"""API Gateway's context of a request, as either door passes it on."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import Scope


def request_context(scope: Scope) -> dict[str, Any]:
    """Return API Gateway's request context; empty where there is no gateway (`make dev`).

    Mangum keeps the event in the scope; the Web Adapter sends its context as JSON in a header,
    over anything the client put there:
    awslabs.github.io/aws-lambda-web-adapter/features/request-context.html.
    """
    if "aws.event" in scope:
        found = scope["aws.event"].get("requestContext")
    else:
        headers = scope["headers"]
        sent = next((v for k, v in headers if k == b"x-amzn-request-context"), b"{}")
        try:
            found = json.loads(sent)
        except ValueError:
            found = None
    return found if isinstance(found, dict) else {}
