"""The part of PromQL that is emulated: a selector, alone or within avg(), max() or sum().

Grammar: https://prometheus.io/docs/prometheus/latest/querying/basics/, in version 3, where names
that hold dots are quoted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

Labels = Mapping[str, str]
"""Of one series; its name is the label `__name__`."""

NAME = "__name__"


class NotEmulatedError(Exception):
    """The expression is not of the emulated part."""

    def __init__(self, expression: str, why: str) -> None:
        super().__init__(
            f"not emulated: {expression!r} ({why}); emulated: a selector such as "
            f'up{{"aws.sagemaker.endpoint.name"="twin"}}, alone or in {", ".join(_AGGREGATIONS)}'
        )


@dataclass(frozen=True)
class Matcher:
    """A condition on one label; a label that is not there is an empty one."""

    label: str
    operator: str
    value: str

    def matches(self, labels: Labels) -> bool:
        """Tell whether a series meets the condition."""
        return _OPERATORS[self.operator](labels.get(self.label, ""), self.value)


@dataclass(frozen=True)
class Expression:
    """A query: the series that meet all conditions, and their aggregation.

    Attributes:
        aggregate: function that folds the selected series; None keeps them apart.
    """

    matchers: tuple[Matcher, ...]
    aggregate: Callable[[Sequence[float]], float] | None = None

    def selects(self, labels: Labels) -> bool:
        """Tell whether the query selects a series."""
        return all(matcher.matches(labels) for matcher in self.matchers)


def parse(text: str) -> Expression:
    """Understand an expression.

    Raises:
        NotEmulatedError: It is none, or more than is emulated.
    """
    call = _CALL.fullmatch(text)
    selector = call["argument"] if call else text
    parts = _SELECTOR.fullmatch(selector)
    if parts is None:
        raise NotEmulatedError(text, "no selector")
    names = [Matcher(NAME, "=", parts["name"])] if parts["name"] else []
    matchers = (*names, *_matchers(text, parts["matchers"] or ""))
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-PromQL-API-QueryMetrics.html
    if not any((one.label, one.operator) == (NAME, "=") and one.value for one in matchers):
        raise NotEmulatedError(text, "a metric must be selected by name")
    return Expression(matchers, _AGGREGATIONS[call["function"]] if call else None)


def _matchers(text: str, listed: str) -> list[Matcher]:
    """Read what is between the braces."""
    found: list[Matcher] = []
    rest = listed
    while rest.strip():
        item = _MATCHER.match(rest)
        if item is None:
            raise NotEmulatedError(text, f"no label matcher at {rest.strip()!r}")
        label = item["label"] or _unquoted(item["quoted"])
        if item["operator"]:
            found.append(_matcher(text, label, item["operator"], _unquoted(item["value"])))
        elif item["quoted"]:
            found.append(Matcher(NAME, "=", label))
        else:
            raise NotEmulatedError(text, f"label {label} without a value")
        rest = rest[item.end() :]
    return found


def _matcher(text: str, label: str, operator: str, value: str) -> Matcher:
    try:
        re.compile(value if operator.endswith("~") else "")
    except re.error as error:
        raise NotEmulatedError(text, f"regular expression {value!r}: {error}") from error
    return Matcher(label, operator, value)


def _unquoted(literal: str) -> str:
    body = literal[1:-1]
    return body if literal[0] == "`" else re.sub(r"\\(.)", r"\1", body)


def _is_full_match(text: str, pattern: str) -> bool:
    return re.fullmatch(pattern, text) is not None


_AGGREGATIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "avg": fmean,
    "max": max,
    "sum": sum,
}

_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "=": str.__eq__,
    "!=": str.__ne__,
    "=~": _is_full_match,
    "!~": lambda text, pattern: not _is_full_match(text, pattern),
}

_STRING = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)"""
_CALL = re.compile(rf"\s*(?P<function>{'|'.join(_AGGREGATIONS)})\s*\((?P<argument>.*)\)\s*", re.S)
_SELECTOR = re.compile(
    rf"\s*(?P<name>[a-zA-Z_:][\w:]*)?\s*(?:\{{(?P<matchers>(?:[^{{}}\"'`]|{_STRING})*)\}})?\s*",
    re.ASCII,
)
_MATCHER = re.compile(
    rf"\s*(?:(?P<label>[a-zA-Z_]\w*)|(?P<quoted>{_STRING}))\s*"
    rf"(?:(?P<operator>=~|!~|!=|=)\s*(?P<value>{_STRING}))?\s*(?:,|$)",
    re.ASCII,
)
