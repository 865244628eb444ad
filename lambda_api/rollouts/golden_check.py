"""The golden check: questions whose answers are known, asked of the endpoint that serves.

A file has a JSON object a line: `{"messages": [...], "max_tokens": 16, "expect": {...}}`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from lambda_api.rollouts.answer_schema import check_schema, schema_problem
from lambda_api.rollouts.schemas import CheckResult

CONCURRENCY: Final = 4
MOST_CHECKS: Final = 1000
SLICE_SECONDS: Final = 300
"""Time in which a step begins questions; the last answer may take SageMaker's 8 minutes more."""
LONGEST_SECONDS: Final = 45 * 60
"""Time in which all questions must have begun."""
_UNASKED: Final = "not asked in time"
_TOLD: Final = 5
"""Failures that a result tells of."""
_LONGEST_TOLD: Final = 300
"""Most characters of a schema's complaint, which quotes the answer."""

Ask = Callable[[dict[str, Any]], str]
"""Sends a chat completion's request, and returns the answer's text."""


class GoldenFileError(ValueError):
    """A file of checks that cannot be read; the message names the line."""


class Expectation(BaseModel):
    """The conditions of an answer; all that are given must hold.

    Attributes:
        equals: the whole text, without blanks around it.
        contains: a text in it.
        not_contains: a text that must not be in it.
        matches: a regular expression that is found in it.
        json_schema: a schema of the whole text as JSON.
        max_seconds: longest time until the whole answer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    equals: str | None = None
    contains: str | None = None
    not_contains: str | None = None
    matches: str | None = None
    json_schema: Annotated[dict[str, Any], AfterValidator(check_schema)] | None = None
    max_seconds: Annotated[float, Field(gt=0, le=600)] | None = None

    @field_validator("matches")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"must be a regular expression: {error}") from error
        return pattern

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("must have at least one condition")
        return self

    def problem(self, answer: str, seconds: float) -> str | None:
        """Return the condition that does not hold, with what was got; None if all do."""
        got = f"got {answer[:80]!r}"
        if self.equals is not None and answer.strip() != self.equals.strip():
            return f"{got}; must equal {self.equals[:80]!r}"
        if self.contains is not None and self.contains not in answer:
            return f"{got}; must contain {self.contains!r}"
        if self.not_contains is not None and self.not_contains in answer:
            return f"{got}; must not contain {self.not_contains!r}"
        if self.matches is not None and not re.search(self.matches, answer):
            return f"{got}; must match {self.matches!r}"
        if self.json_schema is not None and (told := schema_problem(self.json_schema, answer)):
            return f"{got}; {told[:_LONGEST_TOLD]}"
        if self.max_seconds is not None and seconds > self.max_seconds:
            return f"took {seconds:.1f} s; must take at most {self.max_seconds:g}"
        return None


class GoldenLine(BaseModel):
    """A check.

    Attributes:
        messages: of the chat.
        max_tokens: most tokens of the answer.
        expect: the conditions.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    messages: Annotated[list[dict[str, Any]], Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1, le=4096)] = 64
    expect: Expectation


def parse_golden(content: bytes) -> list[GoldenLine]:
    """Read a file of checks.

    Raises:
        GoldenFileError: A line is no check, or there are none, or more than 1,000.
    """
    checks = []
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            checks.append(GoldenLine.model_validate_json(line))
        except ValidationError as error:
            found = error.errors()[0]
            place = ".".join(map(str, found["loc"]))
            raise GoldenFileError(f"line {number}: {place}: {found['msg']}") from None
    if not 1 <= len(checks) <= MOST_CHECKS:
        raise GoldenFileError(f"got {len(checks)} checks; must be 1 to {MOST_CHECKS}")
    return checks


def allowed_seconds(checks: Sequence[GoldenLine]) -> float:
    """Return the sum of the checks' `max_seconds`, where given, shared by those asked at once."""
    return sum(check.expect.max_seconds or 0 for check in checks) / CONCURRENCY


def run_golden(
    checks: Sequence[GoldenLine],
    ask: Ask,
    *,
    so_far: CheckResult | None = None,
    seconds: float = SLICE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> CheckResult:
    """Ask the questions that are left, four at a time, and stop when the time is over.

    An answer that does not come is a failed check. At least one question is asked.

    Args:
        checks: all of the file.
        ask: asks one.
        so_far: the result of the questions before.
        seconds: time in which questions begin.
        clock: returns seconds.
    """
    before = so_far or CheckResult()
    start, first = before.asked or 0, clock()

    def outcome(place: int) -> str | None:
        if place > start and clock() - first >= seconds:
            return _UNASKED
        return _problem(checks[place], ask, clock)

    with ThreadPoolExecutor(CONCURRENCY) as threads:
        outcomes = list(threads.map(outcome, range(start, len(checks))))
    asked = outcomes.index(_UNASKED) if _UNASKED in outcomes else len(outcomes)
    told = [
        f"check {place}: {text}"
        for place, text in enumerate(outcomes[:asked], start=start + 1)
        if text is not None
    ]
    return CheckResult(
        passed=before.passed + asked - len(told),
        total=len(checks),
        failures=[*before.failures, *told][:_TOLD],
        asked=start + asked if asked < len(outcomes) else None,
        seconds=before.seconds + clock() - first,
    )


def _problem(check: GoldenLine, ask: Ask, clock: Callable[[], float]) -> str | None:
    """Return the reason that a check does not hold for; None if there is none."""
    request = {
        "messages": check.messages,
        "max_tokens": check.max_tokens,
        "temperature": 0,
        "seed": 0,
    }
    begun = clock()
    try:
        answer = ask(request)
    except Exception as error:  # whatever it is: the check did not hold
        return f"no answer: {type(error).__name__}: {error}"
    return check.expect.problem(answer, clock() - begun)


def text_of(answer: bytes) -> str:
    """Return the text of a chat completion; empty where there is none."""
    found = json.loads(answer)["choices"][0]["message"].get("content")
    return found if isinstance(found, str) else ""
