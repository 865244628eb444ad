"""Lists in pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from localcloud.awsjson.service import ServiceError
from localcloud.awsjson.shapes import Document


def page(name: str, found: Sequence[Any], parameters: Document, *, most: int) -> Document:
    """Return a page of a list, with the token of the next one.

    Raises:
        ServiceError: The token is none of ours.
    """
    token = parameters.get("nextToken", "0")
    if not token.isdecimal():
        raise ServiceError("Invalid nextToken")
    start = int(token)
    end = start + parameters.get("maxResults", most)
    following = {"nextToken": str(end)} if end < len(found) else {}
    return {name: found[start:end], **following}
