"""The JSONPath expressions of a transform job's filters.

`$`, `.name`, `*`, `['name','name']`, `[1,-1]` and `[2:5]`, and no more:
https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

Json = Any
"""A JSON value."""

_Rest = Callable[[Json], Json]
_Step = Callable[[Json, _Rest], Json]

_STEP = re.compile(r"\.?\[(?P<brackets>[^\]]*)\]|\.(?P<name>\*|[^.\[\]'*\s]+)")
_QUOTED = re.compile(r"\s*'([^']*)'\s*(?:,|$)")
_NUMBERS = re.compile(r"\s*(?P<start>-?\d+)?\s*(?P<slice>:)?\s*(?P<end>-?\d+)?\s*")


class JsonPathError(ValueError):
    """The expression is malformed, or a document has no such part."""


class JsonPath:
    """A parsed expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        if not text.startswith("$"):
            raise JsonPathError(f"a JSONPath must start with $, got {text!r}")
        self._steps: list[_Step] = []
        position = 1
        while position < len(text):
            match = _STEP.match(text, position)
            if match is None:
                raise JsonPathError(f"not a JSONPath that SageMaker supports: {text!r}")
            self._steps.append(_step(match, text))
            position = match.end()

    def select(self, document: Json) -> Json:
        """Return the part of a document that the expression selects.

        Several names give an object, several elements or a wildcard an array, one the value.

        Raises:
            JsonPathError: It is not there.
        """
        return _apply(self._steps, document)


def _apply(steps: Sequence[_Step], value: Json) -> Json:
    if not steps:
        return value
    return steps[0](value, lambda inner: _apply(steps[1:], inner))


def _step(match: re.Match[str], text: str) -> _Step:
    content = match["name"] or match["brackets"].strip()
    if content == "*":
        return _every
    if match["name"]:
        return _names([match["name"]])
    if content.startswith("'"):
        names = _QUOTED.findall(content)
        if _QUOTED.sub("", content):
            raise JsonPathError(f"not a JSONPath that SageMaker supports: {text!r}")
        return _names(names)
    return _elements([_selector(part, text) for part in content.split(",")])


def _selector(text: str, path: str) -> int | slice:
    match = _NUMBERS.fullmatch(text)
    if match is None or not text.strip():
        raise JsonPathError(f"not a JSONPath that SageMaker supports: {path!r}")
    start, end = (None if match[key] is None else int(match[key]) for key in ("start", "end"))
    if match["slice"]:
        return slice(start, end)
    assert start is not None  # noqa: S101 - the pattern has nothing else to match
    return start


def _every(value: Json, rest: _Rest) -> Json:
    if isinstance(value, dict):
        return [rest(item) for item in value.values()]
    return [rest(item) for item in _array(value)]


def _names(names: list[str]) -> _Step:
    def select(value: Json, rest: _Rest) -> Json:
        if not isinstance(value, dict):
            raise JsonPathError(f"expected an object with {names}, got {_kind(value)}")
        missing = [name for name in names if name not in value]
        if missing:
            raise JsonPathError(f"the object has no {missing}, it has {sorted(value)}")
        selected = {name: rest(value[name]) for name in names}
        return selected if len(names) > 1 else selected[names[0]]

    return select


def _elements(selectors: list[int | slice]) -> _Step:
    def select(value: Json, rest: _Rest) -> Json:
        array = _array(value)
        found: list[Json] = []
        for selector in selectors:
            if isinstance(selector, slice):
                found += array[selector]
            elif -len(array) <= selector < len(array):
                found.append(array[selector])
            else:
                raise JsonPathError(f"no element {selector} in an array of {len(array)}")
        one = len(selectors) == 1 and isinstance(selectors[0], int)
        return rest(found[0]) if one else [rest(item) for item in found]

    return select


def _array(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise JsonPathError(f"expected an array, got {_kind(value)}")
    return value


def _kind(value: Json) -> str:
    return "an object" if isinstance(value, dict) else f"a {type(value).__name__}"
