"""Pydantic's validation errors in words for callers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LONGEST_QUOTE = 60


@dataclass(frozen=True)
class FieldError:
    """The first error of a body.

    Attributes:
        message: The error and the value got; lowercase, no full stop.
        param: The field at fault as OpenAI writes it, such as `messages[0].role`; None for the
            body itself.
    """

    message: str
    param: str | None


def field_error(details: Mapping[str, Any], body: Any) -> FieldError:  # noqa: ANN401  any JSON value
    """Return one of a ValidationError's `errors()` in a caller's words.

    Args:
        details: The error; `loc` is a path into the body.
        body: The value that was validated.
    """
    if details["type"] == "json_invalid":
        return FieldError(f"the body is not JSON: {details['ctx']['error'].lower()}", None)
    if not details["loc"]:
        return FieldError("the body must be a JSON object, sent as application/json", None)
    param = _param(details["loc"], body)
    message = f"{param}: {details['msg'][0].lower()}{details['msg'][1:]}"
    got = "" if details["type"] == "missing" else f", got {_quote(details['input'])}"
    return FieldError(message + got, param)


def _param(path: Sequence[int | str], body: Any) -> str:  # noqa: ANN401  any JSON value
    """Return the field at fault.

    Pydantic's path also names the branch of a union it tried, which is no field of the body.
    """
    param = ""
    for step in path:
        if isinstance(body, list) and isinstance(step, int):
            param += f"[{step}]"
            body = body[step]
        elif isinstance(body, dict):
            param += f".{step}"
            body = body.get(step)
    return param.removeprefix(".") or str(path[-1])  # a query has no body


def _quote(value: Any) -> str:  # noqa: ANN401  any JSON value
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
