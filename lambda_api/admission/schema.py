"""Bounds of the JSON schemas that an engine compiles into a grammar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from lambda_api.admission import bounds
from lambda_api.admission.pattern import Part, PatternError, check_size, measured
from lambda_api.admission.values import at_most, check_depth, mapping, refused, size

_ALTERNATIVES = ("allOf", "anyOf", "oneOf", "prefixItems")
_TRANSPARENT = ("allOf", "anyOf", "oneOf")
"""Keywords that apply to the very value the schema is for: to follow one consumes no input."""

_CONDITIONS = ("if", "then", "else", "not")
_DATA = frozenset({"const", "default", "enum", "example", "examples"})
"""Keywords that hold values, which look like schemas by chance only."""

_REPETITIONS = dict.fromkeys(
    ("minItems", "maxItems", "minContains", "maxContains", "minProperties", "maxProperties"),
    bounds.SCHEMA_ITEMS,
) | dict.fromkeys(("minLength", "maxLength"), bounds.SCHEMA_LENGTH)

Schema = dict[str, Any]


class SchemaBudget:
    """The schemas of a request, checked singly and counted together."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._patterns = Part()

    def check(self, schema: Any, param: str) -> None:  # noqa: ANN401  any JSON value
        """Check a schema.

        Raises:
            InvalidRequestError: The schema, or all of them together, are over a bound.
        """
        if isinstance(schema, bool):  # a schema too: all, or nothing
            return
        root = mapping(schema, param)
        check_depth(root, param, bounds.SCHEMA_DEPTH)
        self._add(bounds.SCHEMA_BYTES, size(root, param), param, "bytes")
        for node in _schemas_in(root):
            self._count(node, param)
        _References(root, param).check()

    def check_pattern(self, pattern: Any, param: str) -> None:  # noqa: ANN401  any JSON value
        """Check a regular expression.

        Raises:
            InvalidRequestError: The pattern, or all of them together, are over a bound.
        """
        if not isinstance(pattern, str):
            return
        try:
            together = self._patterns.either(measured(pattern))
            check_size(together)
        except PatternError as error:
            raise refused(param, f"the pattern {pattern[:40]!r} {error}") from None
        self._patterns = together

    def _count(self, node: Schema, param: str) -> None:
        self.check_pattern(node.get("pattern"), param)
        for pattern in _members(node, "patternProperties"):
            self.check_pattern(pattern, param)
        for keyword in ("properties", "patternProperties"):
            found = len(_members(node, keyword))
            at_most(bounds.SCHEMA_OBJECT, found, param, "properties in one object")
            self._add(bounds.SCHEMA_PROPERTIES, found, param, "properties")
        self._add(bounds.SCHEMA_ENUM, len(_list(node, "enum")), param, "enum members")
        wide = sum(len(_list(node, keyword)) for keyword in (*_ALTERNATIVES, "type"))
        self._add(bounds.SCHEMA_ALTERNATIVES, wide, param, "alternatives")
        self._add(bounds.SCHEMA_REFERENCES, int("$ref" in node), param, "references")
        for keyword in _REPETITIONS.keys() & node.keys():
            _check_repetition(keyword, node[keyword], param)

    def _add(self, most: int, count: int, param: str, unit: str) -> None:
        total = self._counts[unit] = self._counts.get(unit, 0) + count
        at_most(most, total, param, unit)


class _References:
    """The targets of a schema's `$ref`s, and the size of the schema with each one written out."""

    def __init__(self, root: Schema, param: str) -> None:
        self._root = root
        self._param = param
        self._sizes: dict[int, int] = {}
        self._open: set[int] = set()

    def check(self) -> None:
        """Refuse references that lead nowhere, in circles, or to too large a schema."""
        self._expanded(self._root, 0)
        self._check_progress()

    def _expanded(self, node: Schema, depth: int) -> int:
        """Return the objects of a schema with references replaced, each circle once."""
        if id(node) in self._open:
            return 1
        if depth > bounds.SCHEMA_PATH:
            raise refused(self._param, f"is nested deeper than {bounds.SCHEMA_PATH} by its $refs")
        if (known := self._sizes.get(id(node))) is not None:
            return known
        self._open.add(id(node))
        total = 1
        for child in [*self._followed(node)]:
            total += self._expanded(child, depth + 1)
        self._open.discard(id(node))
        if total > bounds.SCHEMA_EXPANDED:
            raise refused(
                self._param,
                f"has more than {bounds.SCHEMA_EXPANDED} objects with its $refs replaced",
            )
        self._sizes[id(node)] = total
        return total

    def _followed(self, node: Schema) -> Iterator[Schema]:
        yield from _children(node)
        yield from self._target(node)

    def _target(self, node: Schema) -> Iterator[Schema]:
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return
        found: Any = self._root
        if reference != "#" and not reference.startswith("#/"):
            raise refused(self._param, f"$ref {reference[:60]!r} must be '#' or begin with '#/'")
        for step in reference.split("/")[1:]:
            found = _step(found, unquote(step).replace("~1", "/").replace("~0", "~"))
        if isinstance(found, bool):
            return
        if not isinstance(found, dict):
            raise refused(self._param, f"$ref {reference[:60]!r} leads to no schema")
        yield found

    def _check_progress(self) -> None:
        """Refuse a schema that is itself, with nothing in between: its grammar has no end."""
        done: set[int] = set()
        for start in _schemas_in(self._root):
            path = [] if id(start) in done else [(start, self._transparent(start))]
            entered = {id(node) for node, _ in path}
            while path:
                node, following = path[-1]
                found = next(following, None)
                if found is None:
                    entered.discard(id(node))
                    done.add(id(node))
                    path.pop()
                elif id(found) in entered:
                    raise refused(self._param, "a $ref leads back to itself and nothing else")
                elif id(found) not in done:
                    entered.add(id(found))
                    path.append((found, self._transparent(found)))

    def _transparent(self, node: Schema) -> Iterator[Schema]:
        yield from self._target(node)
        for keyword in _TRANSPARENT:
            yield from filter(_is_schema, _list(node, keyword))
        yield from (node[keyword] for keyword in _CONDITIONS if _is_schema(node.get(keyword)))


def _check_repetition(keyword: str, value: Any, param: str) -> None:  # noqa: ANN401
    most = _REPETITIONS[keyword]
    is_property = isinstance(value, dict | bool)  # of that name
    if not is_property and not (isinstance(value, int | float) and 0 <= value <= most):
        raise refused(param, f"{keyword} must be between 0 and {most}, got {repr(value)[:60]}")


def _schemas_in(root: Schema) -> Iterator[Schema]:
    """Yield each object that may be a schema; the nesting has been checked."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += _children(node)


def _children(node: Schema) -> Iterator[Schema]:
    for keyword, value in node.items():
        if keyword in _DATA and not isinstance(value, dict):
            continue
        if isinstance(value, list):
            yield from _in_lists(value)
        elif isinstance(value, dict):
            yield value


def _in_lists(found: list[Any]) -> Iterator[Schema]:
    for item in found:
        if isinstance(item, list):
            yield from _in_lists(item)
        elif isinstance(item, dict):
            yield item


def _step(found: Any, name: str) -> Any:  # noqa: ANN401  any JSON value
    if isinstance(found, dict):
        return found.get(name)
    if isinstance(found, list) and name.isdecimal() and len(name) < 6:
        return found[int(name)] if int(name) < len(found) else None
    return None


def _is_schema(value: Any) -> bool:  # noqa: ANN401  any JSON value
    return isinstance(value, dict)


def _members(node: Schema, keyword: str) -> Schema:
    found = node.get(keyword)
    return found if isinstance(found, dict) else {}


def _list(node: Schema, keyword: str) -> list[Any]:
    found = node.get(keyword)
    return found if isinstance(found, list) else []
