"""The caller of a request: each sees only what was made with the same key."""

from __future__ import annotations

from hashlib import sha256

from starlette.types import Scope

from lambda_api.http.request_context import request_context

LOCAL_CALLER_ID = "local"
"""The caller where no gateway tells, as under `make dev`; no digest reads like this."""

_IDENTITIES = ("apiKeyId", "userArn")
_DIGITS = 32


def caller_id(scope: Scope) -> str:
    """Return the id of a request's caller, the owner of its objects; fit for an S3 key.

    32 hex digits, a digest of the API key's id (never of the key) or, with IAM, of the caller's
    ARN; or `local`.
    """
    identity = request_context(scope).get("identity")
    known = identity if isinstance(identity, dict) else {}
    name = next((known[kind] for kind in _IDENTITIES if known.get(kind)), None)
    return sha256(str(name).encode()).hexdigest()[:_DIGITS] if name else LOCAL_CALLER_ID
