"""Names of a response: its keys in the bucket, and SageMaker's name for it."""

from __future__ import annotations

import re

from lambda_api.http.caller import LOCAL_CALLER_ID

_ID = re.compile(r"resp_[0-9a-f]{32}", re.ASCII)
_INFERENCE_ID = re.compile(rf"({LOCAL_CALLER_ID}|[0-9a-f]{{32}})([0-9a-f]{{32}})", re.ASCII)


def is_response_id(text: str) -> bool:
    """Return True if a text can be a response's id; nothing else is fit for a key."""
    return _ID.fullmatch(text) is not None


def inference_id(owner: str, response_id: str) -> str:
    """Return SageMaker's name for a response, at most 64 characters."""
    return owner + response_id.removeprefix("resp_")


def response_behind(inference_id: str) -> tuple[str, str] | None:
    """Return the owner and id of the response behind an inference id; None for a foreign id."""
    found = _INFERENCE_ID.fullmatch(inference_id)
    return (found[1], f"resp_{found[2]}") if found else None


def input_key(owner: str, response_id: str) -> str:
    """Return the key of a request that is too large for SageMaker's queue."""
    return f"{_folder(owner, response_id)}input.json"


def request_key(owner: str, response_id: str) -> str:
    """Return the key of the response as it was made."""
    return f"{_folder(owner, response_id)}request.json"


def result_key(owner: str, response_id: str) -> str:
    """Return the key of the end of a response."""
    return f"{_folder(owner, response_id)}result.json"


def announced_key(owner: str, response_id: str) -> str:
    """Return the key of the note that an event of the end is queued."""
    return f"{_folder(owner, response_id)}announced.json"


def _folder(owner: str, response_id: str) -> str:
    return f"responses/{owner}/{response_id}/"
