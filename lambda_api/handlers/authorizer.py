"""API Gateway's authorizer: hands the bearer key to the usage plan, which decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SHORTEST_KEY, _LONGEST_KEY = 20, 128
"""Lengths API Gateway allows: docs.aws.amazon.com/apigateway/latest/developerguide/limits.html."""


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Return the policy for a REQUEST event, with the caller's key as `usageIdentifierKey`.

    The key is not checked here: with `apiKeySource: AUTHORIZER` API Gateway looks it up itself and
    answers 403 to an unknown one. The policy covers every method of the stage because API Gateway
    caches it per key and applies it to whatever that key asks for next.

    Raises:
        Exception: `Unauthorized`, which API Gateway turns into a 401.
    """
    key = _bearer_key(event.get("headers") or {})
    if key is None:
        raise Exception("Unauthorized")
    api, stage, *_ = event["methodArn"].split("/")
    return {
        "principalId": "api-key",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    "Resource": f"{api}/{stage}/*",
                }
            ],
        },
        "usageIdentifierKey": key,
    }


def _bearer_key(headers: Mapping[str, str]) -> str | None:
    authorization = next(
        (value for name, value in headers.items() if name.lower() == "authorization"), ""
    )
    scheme, _, key = authorization.strip().partition(" ")
    key = key.strip()
    is_plausible = _SHORTEST_KEY <= len(key) <= _LONGEST_KEY and key.isascii() and " " not in key
    return key if scheme.lower() == "bearer" and is_plausible else None
