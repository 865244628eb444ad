"""Requests that create an object, with the caller's own key or without."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request

from lambda_api.http.idempotency import idempotency_key
from lambda_api.storage.idempotency import Creation, digest_of


def creation_by(request: Request, owner: str, body: Callable[[], tuple[bytes, ...]]) -> Creation:
    """Return a request to create, as its key is remembered.

    Args:
        request: The request, with the key in a header.
        owner: The caller.
        body: Returns the body as understood, as forms have another boundary each time; called
            only where there is a key.

    Raises:
        InvalidRequestError: The header is there and is no key.
    """
    key = idempotency_key(request)
    return Creation(owner, key, digest_of(*body()) if key else "")
