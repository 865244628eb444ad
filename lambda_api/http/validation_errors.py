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


def field_error_of(errors: Sequence[Mapping[str, Any]], body: Any) -> FieldError:  # noqa: ANN401
    """Return the first field at fault in a caller's words.

    Of a union each branch has errors of its own: the one that went deepest is of the branch that
    was meant.

    Args:
        errors: A ValidationError's `errors()`; `loc` is a path into the body.
        body: The value that was validated.
    """
    found = [
        field_error(error, body) for error in errors if error["loc"][:1] == errors[0]["loc"][:1]
    ]
    return max(found, key=lambda error: _depth(error.param))


def _depth(param: str | None) -> int:
    return param.count(".") + param.count("[") if param else 0


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
    is_missing = details["type"] == "missing"
    param = _param(details["loc"], body, is_missing=is_missing)
    message = f"{param}: {details['msg'][0].lower()}{details['msg'][1:]}"
    got = "" if is_missing else f", got {_quote(details['input'])}"
    return FieldError(message + got, param)


def _param(path: Sequence[int | str], body: Any, *, is_missing: bool) -> str:  # noqa: ANN401
    """Return the field at fault.

    Pydantic's path also names the branch of a union it tried, which is no field of the body: only
    the last step may name what is not there, and only where that is the fault.
    """
    param = ""
    for number, step in enumerate(path, 1):
        if isinstance(body, list) and isinstance(step, int):
            param += f"[{step}]"
            body = body[step]
        elif isinstance(body, dict) and (step in body or (is_missing and number == len(path))):
            param += f".{step}"
            body = body.get(step)
    return param.removeprefix(".") or str(path[-1])  # a query has no body


def _quote(value: Any) -> str:  # noqa: ANN401  any JSON value
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
