"""Filters of a query on metadata.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-metadata-filtering.html
What a comparison says of a vector without the key, AWS does not tell: here, no.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localcloud.awsjson.service import ServiceError

Condition = Callable[[Mapping[str, Any]], bool]

_MOST_CONSTRAINTS = 100
_NUMBERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


def compile_filter(told: object, unfilterable: frozenset[str], *, enhanced: bool) -> Condition:
    """Return a filter's condition on metadata.

    Args:
        told: the filter, as JSON.
        unfilterable: keys that no filter may name.
        enhanced: whether the index is of the new mode.

    Raises:
        ServiceError: It is no filter, or too long for the mode.
    """
    conditions = list(_conditions(told, unfilterable, enhanced))
    constraints = sum(count for _, count in conditions)
    if enhanced and constraints > _MOST_CONSTRAINTS:
        raise _invalid(f"{constraints} constraints, and at most {_MOST_CONSTRAINTS} are allowed")
    return _all([condition for condition, _ in conditions])


def _conditions(
    told: object, unfilterable: frozenset[str], enhanced: bool
) -> Iterator[tuple[Condition, int]]:
    """Yield conditions that go together, each with its number of constraints."""
    if not isinstance(told, dict) or not told:
        raise _invalid("must be an object that is not empty")
    for key, value in told.items():
        if key in ("$and", "$or"):
            if not isinstance(value, list) or not value:
                raise _invalid(f"{key} must be a list that is not empty")
            parts = [list(_conditions(part, unfilterable, enhanced)) for part in value]
            joined = [_all([condition for condition, _ in part]) for part in parts]
            count = sum(count for part in parts for _, count in part)
            yield (_all(joined) if key == "$and" else _any(joined)), count
        elif key.startswith("$"):
            raise _invalid(f"{key} is no operator here")
        elif key in unfilterable:
            raise _invalid(f"{key!r} is non-filterable metadata")
        else:
            asked = value if isinstance(value, dict) else {"$eq": value}
            for operation, operand in asked.items():
                yield _comparison(key, operation, operand, enhanced), 1


def _comparison(key: str, operation: str, operand: Any, enhanced: bool) -> Condition:  # noqa: ANN401
    if operation == "$exists" and isinstance(operand, bool):
        return lambda metadata: (key in metadata) is operand
    test = _test(operation, operand, enhanced)
    return lambda metadata: key in metadata and test(metadata[key])


def _test(operation: str, operand: Any, enhanced: bool) -> Callable[[Any], bool]:  # noqa: ANN401
    if operation in ("$in", "$nin") and isinstance(operand, list) and operand:
        return lambda value: any(_holds(value, one) for one in operand) is (operation == "$in")
    if operation in ("$eq", "$ne") and isinstance(operand, str | int | float):
        return lambda value: _holds(value, operand) is (operation == "$eq")
    if operation in _NUMBERS and _is_number(operand):
        compare = _NUMBERS[operation]
        return lambda value: _is_number(value) and compare(value, operand)
    if operation == "$startsWith" and enhanced and isinstance(operand, str):
        return lambda value: isinstance(value, str) and value.startswith(operand)
    raise _invalid(f"{operation} with {operand!r:.80} is no comparison")


def _holds(value: Any, operand: Any) -> bool:  # noqa: ANN401 - any JSON
    """Tell whether a value, or one in a list, is equal; `true` is not 1."""
    values = value if isinstance(value, list) else [value]
    return any(
        one == operand and isinstance(one, bool) is isinstance(operand, bool) for one in values
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _all(conditions: list[Condition]) -> Condition:
    return lambda metadata: all(condition(metadata) for condition in conditions)


def _any(conditions: list[Condition]) -> Condition:
    return lambda metadata: any(condition(metadata) for condition in conditions)


def _invalid(reason: str) -> ServiceError:
    return ServiceError(f"Invalid filter: {reason}")
