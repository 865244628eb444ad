"""The `Idempotency-Key` header of requests that create."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import HTTPConnection

from lambda_api.errors import InvalidRequestError

HEADER = "Idempotency-Key"

KEY_PARAMETERS: list[dict[str, Any]] = [
    {
        "name": HEADER,
        "in": "header",
        "required": False,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "description": "For 24 hours the same key and body give the same object.",
    }
]
"""OpenAPI's description of the header."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def idempotency_key(request: HTTPConnection) -> str | None:
    """Return the key that a client named its request by; None if there is none.

    Raises:
        InvalidRequestError: The header is there and is no key.
    """
    sent = request.headers.getlist(HEADER)
    if not sent:
        return None
    if len(sent) > 1 or not _KEY.fullmatch(sent[0]):
        raise InvalidRequestError(
            f"{HEADER}: must be one header of 1 to 255 visible ASCII characters, got "
            f"{len(sent)} of {len(sent[0])} characters",
            param=HEADER,
        )
    return sent[0]
