"""botocore's service models, used as a server uses them: check requests, coerce, shape answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator

Document = dict[str, Any]
"""A JSON object as it travels: AWS's own member names."""


class InvalidError(ValueError):
    """A value does not fit its shape; the text says where and why, as AWS words it."""


@cache
def service_model(service: str) -> ServiceModel:
    """Load the model of a service, by botocore's name (for example `sagemaker`)."""
    return botocore.session.Session().get_service_model(service)


def check(shape: Shape | None, value: object) -> None:
    """Hold a value against its shape: types, required and unknown members, and constraints.

    Raises:
        InvalidError: It does not fit.
    """
    if not isinstance(value, dict):
        raise InvalidError("the request's body must be a JSON object")
    if shape is None:
        return
    report = ParamValidator().validate(value, shape)
    if report.has_errors():
        raise InvalidError(report.generate_report())
    problems = list(_violations(shape, value, ()))
    if problems:
        noun = "error" if len(problems) == 1 else "errors"
        raise InvalidError(f"{len(problems)} validation {noun} detected: {'; '.join(problems)}")


def project(shape: Shape | None, value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Reduce a value to the members of its shape: an answer contains nothing else."""
    if shape is not None and _is_free(shape):
        return value
    if isinstance(shape, StructureShape):
        return {
            name: project(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if isinstance(shape, ListShape):
        return [project(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: project(shape.value, item) for key, item in value.items()}
    return {} if shape is None else value


def coerce(shape: Shape | None, value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Turn the strings of a template into the numbers and booleans its shape asks for.

    CloudFormation accepts `"2"` where the API wants `2`, and `2` where it wants `"2"`. What
    cannot be converted is left as it is, for `check` to report.
    """
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = shape.members
        return {k: coerce(members[k], v) if k in members else v for k, v in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [coerce(shape.member, item) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: coerce(shape.value, item) for key, item in value.items()}
    return value if shape is None else _coerce_scalar(shape.type_name, value)


def _coerce_scalar(kind: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
    if kind == "string" and isinstance(value, bool):
        return str(value).lower()
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return _CONVERSIONS.get(kind, _keep)(value)
    return value


def _keep(text: str) -> Any:  # noqa: ANN401 - any JSON
    return text


def _integer(text: str) -> Any:  # noqa: ANN401 - any JSON
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else text


def _number(text: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return float(text)
    except ValueError:
        return text


def _boolean(text: str) -> Any:  # noqa: ANN401 - any JSON
    return {"true": True, "false": False}.get(text.lower(), text)


_CONVERSIONS = {
    "integer": _integer,
    "long": _integer,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
}


def _violations(shape: Shape, value: Any, path: tuple[str, ...]) -> Iterator[str]:  # noqa: ANN401
    """Constraints that botocore's clients leave to the service: enums, patterns and maxima."""
    for rule in _broken_rules(shape.metadata, value):
        yield f"Value '{value}' at '{'.'.join(path)}' failed to satisfy constraint: Member {rule}"
    for name, member, item in _children(shape, value):
        yield from _violations(member, item, (*path, name))


def _children(shape: Shape, value: Any) -> Iterator[tuple[str, Shape, Any]]:  # noqa: ANN401
    if _is_free(shape) or (isinstance(shape, ListShape) and _is_free(shape.member)):
        return
    if isinstance(shape, StructureShape):
        for name, item in value.items():
            yield name[0].lower() + name[1:], shape.members[name], item
    elif isinstance(shape, ListShape):
        for position, item in enumerate(value, start=1):
            yield f"{position}.member", shape.member, item
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield key, shape.value, item


def _is_free(shape: Shape) -> bool:
    """Tell whether a value has no constraints but its type: any JSON, or any number."""
    if getattr(shape, "is_document_type", False):
        return True
    return shape.type_name in ("float", "double") and not shape.metadata


def _broken_rules(rules: Mapping[str, Any], value: Any) -> Iterator[str]:  # noqa: ANN401
    if allowed := rules.get("enum"):
        if value not in allowed:
            yield f"must satisfy enum value set: [{', '.join(allowed)}]"
        return
    measured = "length" if isinstance(value, str | list | dict) else "value"
    if isinstance(value, bool) or not isinstance(value, int | float | str | list | dict):
        return
    size = value if isinstance(value, int | float) else len(value)
    if "max" in rules and size > rules["max"]:
        yield f"must have {measured} less than or equal to {rules['max']}"
    pattern = _pattern(rules.get("pattern"))
    if isinstance(value, str) and pattern and not pattern.fullmatch(value):
        yield f"must satisfy regular expression pattern: {pattern.pattern}"


@cache
def _pattern(text: str | None) -> re.Pattern[str] | None:
    """Compile a constraint; None where only Java can read the pattern."""
    try:
        return None if text is None else re.compile(text)
    except re.error:
        return None
