"""Contradictions between needs: both statements, and what would be consistent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.recommend.demand import day_share, demand
from planner.recommend.starts import START_SECONDS

if TYPE_CHECKING:
    from planner.recommend.needs import Needs

_LOADS = ("requests_per_second", "requests_per_day", "people", "rows", "sessions_per_week")
_TOGETHER = {
    "people": "minutes_between",
    "opens": "closes",
    "rows": "window_hours",
    "sessions_per_week": "session_minutes",
}
_OF_WAITING = ("first_token_seconds", "per_token_ms", "answer_seconds")
_OF_NOT_WAITING = ("window_hours", "within_minutes")


_LONGEST_ANSWER = 480.0  # seconds: STREAM_SECONDS of planner.recommend.option


@dataclass(frozen=True)
class _Rule:
    """Needs that change nothing where others hold.

    Attributes:
        holds: whether they do.
        beside: the others, in words.
        names: of the needs that are idle then.
        instead: what to do about it.
    """

    holds: Callable[[Needs], bool]
    beside: str
    names: tuple[str, ...]
    instead: str = "left out"


_IDLE = (
    _Rule(
        lambda needs: needs.rows is not None,
        "rows = {needs.rows}",
        ("within_minutes", "opens", "closes", "days", "peak_factor", "api_requests_per_second",
         "changes"),
        "left out: window_hours and runs_per_month say when rows are worked off",
    ),
    _Rule(
        lambda needs: needs.rows is None,
        "requests, without rows",
        ("runs_per_month", "freshness_minutes"),
        "left out: an answer on request has the features of its moment",
    ),
    _Rule(
        lambda needs: needs.sessions_per_week is not None,
        "sessions_per_week = {needs.sessions_per_week:g}",
        ("opens", "closes", "days", "outside_hours"),
        "left out: there is nobody between sessions",
    ),
    _Rule(
        lambda needs: needs.bursts_per_day is not None,
        "bursts_per_day = {needs.bursts_per_day}",
        ("peak_factor",),
        "left out: all come at once",
    ),
    _Rule(
        lambda needs: not needs.waits,
        "waits = false",
        ("at_once", "outside_hours", "callers", "features_in_memory"),
        "left out: it decides where somebody waits",
    ),
    _Rule(
        lambda needs: not (needs.waits or needs.api_requests_per_second or needs.rows),
        "waits = false",
        ("changes",),
        "left out, or come with api_requests_per_second",
    ),
    _Rule(
        lambda needs: needs.opens is needs.rows is None and needs.days != "MON-SUN",
        "no hours",
        ("days",),
        "given with opens and closes",
    ),
    _Rule(lambda needs: needs.tokens_out == 1, "tokens_out = 1", ("per_token_ms",)),
)  # fmt: skip


def contradictions(needs: Needs) -> Iterator[str]:
    """Yield a sentence for each pair of answers that cannot both hold, or of which one is idle."""
    checks = (_loads, _waiting, _times, _starts, _sizes, _idle)
    yield from [problem for check in checks for problem in check(needs)] or _amounts(needs)


def _given(needs: Needs, *names: str) -> list[str]:
    return [f"{n} = {getattr(needs, n)}" for n in names if getattr(needs, n) is not None]


def _loads(needs: Needs) -> Iterator[str]:
    given = _given(needs, *_LOADS)
    if len(given) > 1:
        yield f"{' and '.join(given)}: got both; must be one way to say how many requests there are"
    if not given and needs.bursts_per_day is None:
        yield f"requests: got none; must be one of {', '.join(_LOADS)}"
    for one, other in _TOGETHER.items():
        got = _given(needs, one, other)
        if len(got) == 1:
            missing = other if got[0].startswith(one) else one
            yield f"{got[0]}: got it alone; must come with {missing}"
    if needs.bursts_per_day is not None and needs.requests_per_day is None:
        yield f"bursts_per_day = {needs.bursts_per_day}: got it alone; needs requests_per_day"


def _waiting(needs: Needs) -> Iterator[str]:
    wrong = _given(needs, *(_OF_NOT_WAITING if needs.waits else _OF_WAITING))
    if wrong:
        says = "true: somebody waits" if needs.waits else "false: nobody waits"
        yield f"waits = {says}, and {' and '.join(wrong)}: got both; must be one of them"
    if not needs.waits and needs.rows is None and needs.within_minutes is None:
        yield "waits = false: got no time of the result; must come with within_minutes, or rows"
    if needs.waits and needs.bursts_per_day is not None:
        yield (
            f"waits = true and bursts_per_day = {needs.bursts_per_day}: got both; who waits is not "
            "queued: must be at_once instead"
        )
    first, whole = needs.first_token_seconds, needs.answer_seconds
    if first is not None and whole is not None and whole < first:
        yield (
            f"answer_seconds = {whole:g} and first_token_seconds = {first:g}: got a whole answer "
            "before its first token"
        )
    age = 30 * 24 * 60 / needs.runs_per_month
    fresh = needs.freshness_minutes
    if needs.rows is not None and fresh is not None and fresh < age:
        yield (
            f"rows = {needs.rows} and freshness_minutes = {fresh:g}: got both; results of "
            f"{needs.runs_per_month:g} runs a month are up to {age:,.0f} minutes old: must run "
            "more often, or answer on request"
        )
    if needs.rows is not None and needs.waits:
        yield f"rows = {needs.rows} and waits = true: got both; nobody waits for a file of rows"
    if needs.sessions_per_week is not None and not needs.waits:
        yield f"sessions_per_week = {needs.sessions_per_week:g} and waits = false: got both"


def _times(needs: Needs) -> Iterator[str]:
    opens, closes = needs.opens, needs.closes
    if opens is not None and closes is not None and opens >= closes:
        yield f"opens = {opens:g} and closes = {closes:g}: got no hours; must open before it closes"
    if needs.outside_hours is not None and opens is None:
        yield f"outside_hours = {needs.outside_hours}: got no hours; needs opens and closes"
    sessions, minutes = needs.sessions_per_week or 0.0, needs.session_minutes or 0.0
    if sessions * minutes > 7 * 24 * 60:
        yield (
            f"sessions_per_week = {sessions:g} and session_minutes = {minutes:g}: got more than a "
            "week has"
        )


def _starts(needs: Needs) -> Iterator[str]:
    start = START_SECONDS / 60
    longest = needs.longest_start_minutes
    at_zero = needs.outside_hours == "may-wait" or needs.sessions_per_week is not None
    if longest is not None and longest < start and at_zero:
        why = "outside_hours = may-wait" if needs.sessions_per_week is None else "sessions_per_week"
        yield (
            f"{why} and longest_start_minutes = {longest:g}: got both; a start from zero takes "
            f"{start:.1f} minutes, so it must be longer, or an instance must always run"
        )
    if longest is not None and not at_zero and needs.outside_hours is None:
        yield (
            f"longest_start_minutes = {longest:g}: got it alone; must come with sessions_per_week "
            "or outside_hours = may-wait, or nothing ever starts"
        )
    if needs.outside_hours in {"at-once", "nobody"} and longest is not None:
        yield (
            f"outside_hours = {needs.outside_hours} and longest_start_minutes = {longest:g}: got "
            "both; must be one: nobody waits for a start"
        )


def _sizes(needs: Needs) -> Iterator[str]:
    total = needs.tokens_in + needs.tokens_out
    if needs.context is not None and needs.context < total:
        yield (
            f"context = {needs.context} and tokens_in + tokens_out = {total}: got an average "
            "request that is longer than the longest"
        )
    if needs.window_hours is not None and needs.window_hours > 730 / needs.runs_per_month:
        yield (
            f"window_hours = {needs.window_hours:g} and runs_per_month = {needs.runs_per_month:g}: "
            f"got a longer window than the {730 / needs.runs_per_month:.1f} hours between two runs"
        )


def _idle(needs: Needs) -> Iterator[str]:
    """Yield each answer that would change nothing beside another."""
    for rule in _IDLE:
        for name in (each for each in rule.names if rule.holds(needs)):
            if name in needs.model_fields_set:
                yield (
                    f"{name} = {getattr(needs, name)}: got it beside "
                    f"{rule.beside.format(needs=needs)}, where it would change nothing; must be "
                    f"{rule.instead}"
                )


def _amounts(needs: Needs) -> Iterator[str]:
    """Yield numbers of requests that do not go together; those of needs without contradictions."""
    wanted = demand(needs)
    api, rate = needs.api_requests_per_second, wanted.rate
    if api is not None and api < rate:
        said = needs.requests_per_second or rate
        yield (
            f"api_requests_per_second = {api:g} and requests_per_second = {said:g}: got fewer at "
            "the API than reach the model behind it"
        )
    bursts, a_day = needs.bursts_per_day, needs.requests_per_day
    if bursts is not None and a_day is not None and bursts > a_day:
        yield (
            f"bursts_per_day = {bursts} and requests_per_day = {a_day:g}: got more bursts than "
            "requests"
        )
    at_once = needs.at_once
    if at_once is None or needs.sessions_per_week is not None:
        return
    if "peak_factor" in needs.model_fields_set:
        answer = needs.answer_seconds or _LONGEST_ANSWER
        most = rate * needs.peak_factor * answer
        why = f"{rate * needs.peak_factor:.3g} requests a second of {answer:g} s at most"
    else:
        most, why = rate * 86_400 * day_share(needs), "the requests of a whole day"
    if needs.people is not None:
        most, why = float(needs.people), f"people = {needs.people}, each with one question at once"
    if at_once > max(1.0, most):
        yield f"at_once = {at_once}: got more than {most:,.0f}, {why}; must be fewer"
