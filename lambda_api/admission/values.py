"""Checks of single values, put together to the table of fields."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pydantic_core

from lambda_api.errors import InvalidRequestError, UnknownFieldError

Check = Callable[[Any, str], None]
"""A check of a value, given with the field's path; raises InvalidRequestError."""

_LONGEST_QUOTE = 60


def refused(param: str, problem: str) -> InvalidRequestError:
    """Return the error for a field."""
    return InvalidRequestError(f"{param}: {problem}", param=param)


def wrong_type(param: str, wanted: str, got: object) -> InvalidRequestError:
    """Return the error for a value of the wrong kind."""
    text = repr(got)
    quoted = text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
    return refused(param, f"must be {wanted}, got {quoted}")


def unknown(param: str, name: object) -> UnknownFieldError:
    """Return the error for a field that no list has; `param` is the path of what holds it."""
    return UnknownFieldError(".".join(filter(None, (param, str(name)[:_LONGEST_QUOTE]))))


def at_most(most: int, got: int, param: str, unit: str) -> None:
    """Refuse more than a bound."""
    if got > most:
        raise refused(param, f"has {got} {unit}, at most {most} are allowed")


def anything(_value: Any, _param: str) -> None:  # noqa: ANN401  any JSON value
    """Take a value that the request's schema has checked."""


def boolean(value: Any, param: str) -> None:  # noqa: ANN401  any JSON value
    """Take true or false."""
    if not isinstance(value, bool):
        raise wrong_type(param, "true or false", value)


def number(least: float, most: float) -> Check:
    """Return the check of a number's range."""

    def check(value: Any, param: str) -> None:  # noqa: ANN401
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_type(param, "a number", value)
        if not least <= value <= most:  # NaN too
            raise wrong_type(param, f"between {least} and {most}", value)

    return check


def integer(least: int, most: int) -> Check:
    """Return the check of a whole number's range."""
    in_range = number(least, most)

    def check(value: Any, param: str) -> None:  # noqa: ANN401
        in_range(value, param)
        if value != int(value):
            raise wrong_type(param, "a whole number", value)

    return check


def text(most: int) -> Check:
    """Return the check of a text's length."""

    def check(value: Any, param: str) -> None:  # noqa: ANN401
        if not isinstance(value, str):
            raise wrong_type(param, "a string", value)
        at_most(most, len(value), param, "characters")

    return check


def items(most: int, each: Check) -> Check:
    """Return the check of a list's length and of each item."""

    def check(value: Any, param: str) -> None:  # noqa: ANN401
        for number, item in enumerate(listed(value, param, most)):
            each(item, f"{param}[{number}]")

    return check


def plain(most_bytes: int, most_depth: int) -> Check:
    """Return the check of a value that nobody here reads: its size and its nesting."""

    def check(value: Any, param: str) -> None:  # noqa: ANN401
        check_depth(value, param, most_depth)
        at_most(most_bytes, size(value, param), param, "bytes")

    return check


def members(checks: Mapping[str, Check], *, needed: Sequence[str] = ()) -> Check:
    """Return the check of an object that has these members and no others; null is none."""

    def check(value: Any, param: str) -> None:  # noqa: ANN401
        for name, member in mapping(value, param).items():
            if name not in checks:
                raise unknown(param, name)
            if member is not None:
                checks[name](member, f"{param}.{name}")
        for name in needed:
            if value.get(name) is None:
                raise refused(f"{param}.{name}", "field required")

    return check


def one_of(*allowed: str) -> Check:
    """Return the check of a name out of a few."""

    def check(value: Any, param: str) -> None:  # noqa: ANN401
        if value not in allowed:
            raise wrong_type(param, " or ".join(map(repr, allowed)), value)

    return check


def mapping(value: Any, param: str) -> dict[str, Any]:  # noqa: ANN401  any JSON value
    """Return a value that has to be an object."""
    if not isinstance(value, dict):
        raise wrong_type(param, "an object", value)
    return value


def listed(value: Any, param: str, most: int) -> list[Any]:  # noqa: ANN401  any JSON value
    """Return a value that has to be a list of at most so many items."""
    if not isinstance(value, list):
        raise wrong_type(param, "a list", value)
    at_most(most, len(value), param, "items")
    return value


def size(value: Any, param: str) -> int:  # noqa: ANN401  any JSON value
    """Return the bytes of a value as JSON; refuse one that no JSON can hold."""
    try:
        return len(pydantic_core.to_json(value))
    except ValueError:  # half a surrogate pair
        raise refused(param, "is no text") from None


def check_depth(value: Any, param: str, most: int) -> None:  # noqa: ANN401  any JSON value
    """Refuse nesting deeper than `most`, and numbers that no JSON can hold."""
    layer = [value]
    for _ in range(most + 1):
        if any(isinstance(node, float) and not math.isfinite(node) for node in layer):
            raise refused(param, "holds a number that is out of range")
        layer = [child for node in layer for child in _children(node)]
        if not layer:
            return
    raise refused(param, f"is nested deeper than {most}")


def _children(node: Any) -> Sequence[Any]:  # noqa: ANN401  any JSON value
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else ()
