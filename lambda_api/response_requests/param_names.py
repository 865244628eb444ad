"""Names of a response request's fields in errors about the chat completion made from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from lambda_api.errors import InvalidRequestError

_NAMES = (
    (re.compile(r"^response_format(\.json_schema)?"), "text.format"),
    (re.compile(r"^(tools\[\d+\])\.function"), r"\1"),
    (re.compile(r"^tool_choice\.function"), "tool_choice"),
    (re.compile(r"^max_tokens$"), "max_output_tokens"),
    # Instructions and earlier turns are messages too, so a number would mislead.
    (re.compile(r"^messages\b.*"), "input"),
)


def response_param(param: str) -> str:
    """Return the field of a response request that a field of the chat completion was made from."""
    for pattern, name in _NAMES:
        param = pattern.sub(name, param)
    return param


@contextmanager
def in_response_terms() -> Iterator[None]:
    """Let errors about a chat completion name the fields that its caller knows."""
    try:
        yield
    except InvalidRequestError as error:
        if error.param:
            name = response_param(error.param)
            error.message = error.message.replace(error.param, name, 1)
            error.param = name
        raise
