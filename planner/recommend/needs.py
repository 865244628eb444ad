"""Needs of a deployment, as a file or a conversation gives them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from planner.errors import PlanError, reason
from planner.models.known import suggest
from planner.recommend.contradictions import contradictions

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Tokens = Annotated[int, Field(ge=1, le=10_000_000)]
Hour = Annotated[float, Field(ge=0, le=24, allow_inf_nan=False)]


class Needs(BaseModel):
    """Needs of a deployment; what is left out is not asked for.

    Attributes:
        model: name, directory, GGUF file or id on the hub.
        evaluated: formats of quantized weights whose answers were evaluated and found good enough.
        waits: true where a person or a program waits for each answer.
        first_token_seconds: longest time to the first token that is accepted.
        per_token_ms: longest time per further token that is accepted.
        answer_seconds: longest time to the whole answer that is accepted.
        tokens_in: of a prompt, on average.
        tokens_out: of an answer, on average.
        cached_share: share of each prompt that is the same for all, 0 to 1.
        context: most tokens of a request; left out, a third more than the average, in thousands.
        requests_per_second: that reach the model, on average while it is open.
        requests_per_day: the same for a day.
        peak_factor: the busiest minutes' requests, in multiples of the average.
        people: who ask, each every `minutes_between` minutes while it is open.
        minutes_between: between two questions of one person.
        at_once: most requests at once.
        bursts_per_day: times at which the day's requests come, all at once.
        rows: requests of one run, which a file holds.
        window_hours: of a run of rows.
        runs_per_month: of rows.
        within_minutes: longest time to a result for which nobody waits.
        opens: hour at which requests begin.
        closes: hour at which they end.
        days: on which there are requests.
        outside_hours: a caller outside of the hours: there is none, may wait for a start, or not.
        sessions_per_week: of use, with silence between them.
        session_minutes: of one session.
        longest_start_minutes: that a first caller may wait for the model to start.
        api_requests_per_second: that reach the API, most of them answered without the model.
        changes: the rules around the model change daily, weekly or monthly.
        callers: services that call.
        freshness_minutes: longest age that results of rows may have.
        features_in_memory: true where features come from the service's own memory.
        instance: type that was asked for.
        region: AWS region.
        budget_usd_per_month: most that is paid.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    model: str
    evaluated: list[str] = Field(default_factory=list)
    waits: bool
    first_token_seconds: Positive | None = None
    per_token_ms: Positive | None = None
    answer_seconds: Positive | None = None
    tokens_in: Tokens
    tokens_out: Tokens
    cached_share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    context: Tokens | None = None
    requests_per_second: Positive | None = None
    requests_per_day: Positive | None = None
    peak_factor: Annotated[float, Field(ge=1, le=1000)] = 1.0
    people: Annotated[int, Field(ge=1, le=100_000_000)] | None = None
    minutes_between: Positive | None = None
    at_once: Annotated[int, Field(ge=1, le=100_000)] | None = None
    bursts_per_day: Annotated[int, Field(ge=1, le=1440)] | None = None
    rows: Annotated[int, Field(ge=1, le=10_000_000_000)] | None = None
    window_hours: Positive | None = None
    runs_per_month: Positive = 30.0
    within_minutes: Positive | None = None
    opens: Hour | None = None
    closes: Hour | None = None
    days: Literal["MON-FRI", "MON-SAT", "MON-SUN"] = "MON-SUN"
    outside_hours: Literal["nobody", "may-wait", "at-once"] | None = None
    sessions_per_week: Positive | None = None
    session_minutes: Positive | None = None
    longest_start_minutes: Positive | None = None
    api_requests_per_second: Positive | None = None
    changes: Literal["daily", "weekly", "monthly"] = "weekly"
    callers: Annotated[int, Field(ge=1)] = 2
    freshness_minutes: Positive | None = None
    features_in_memory: bool = False
    instance: str | None = None
    region: str = "us-east-1"
    budget_usd_per_month: Positive | None = None

    @property
    def longest(self) -> int:
        """Most tokens of a request, in and out."""
        third_more = (self.tokens_in + self.tokens_out) * 4 // 3
        return self.context or -(-third_more // 1024) * 1024


def read_table(path: Path) -> dict[str, Any]:
    """Read a TOML file of needs, which are not checked yet.

    Raises:
        PlanError: it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PlanError(f"{path}: {reason(error)}; must be a TOML file of needs") from error


def needs(table: Mapping[str, Any]) -> Needs:
    """Return needs out of a table, in which no two answers contradict each other.

    Raises:
        PlanError: an answer is wrong, or two contradict each other; both are named.
    """
    try:
        found = Needs.model_validate(dict(table))
    except ValidationError as error:
        raise PlanError("\n".join(map(_problem, error.errors()))) from None
    if problems := [*contradictions(found)]:
        raise PlanError("\n".join(problems))
    return found


def _problem(details: Any) -> str:  # noqa: ANN401 - pydantic's own
    key = ".".join(map(str, details["loc"]))
    if details["type"] == "extra_forbidden":
        return f"{key}: unknown; {suggest(key, Needs.model_fields)}"
    if details["type"] == "missing":
        return f"{key}: missing; must be given"
    allowed = details["msg"].replace("Input should", "must")
    return f"{key}: got {details['input']!r}; {allowed}"
