"""Comparison of options."""

from __future__ import annotations

import pytest

from planner.errors import PlanError
from planner.recommend.compare import changes, margins, ranked, runner_up
from planner.recommend.option import Miss, Option
from tests.support.needs import candidate, scenario

CHAT = scenario(1)


def option(instance: str, hours: float, *misses: Miss) -> Option:
    on = candidate(CHAT, instance)
    return Option(kind="real-time", candidate=on, least=1, most=1, hours=hours, misses=misses)


MISS = Miss("per token", 60.0, 50.0, "ms")
BEST = option("ml.g5.2xlarge", 100)
CHEAP = option("ml.g6.2xlarge", 100, MISS)
DEAR = option("ml.g6e.xlarge", 100)


def test_the_cheapest_that_keeps_every_limit_is_first() -> None:
    assert ranked([DEAR, CHEAP, BEST]) == [BEST, DEAR]


def test_where_none_does_the_nearest_is_named() -> None:
    with pytest.raises(PlanError, match=r"nearest is 1 x ml\.g6\.2xlarge.*60 ms > 50 ms"):
        ranked([CHEAP])


def test_the_runner_up_loses_by_a_number() -> None:
    assert runner_up(BEST, [BEST, CHEAP, DEAR]).endswith("loses on per token 60 ms > 50 ms")
    assert "loses by 109 USD a month (72%)" in runner_up(BEST, [BEST, DEAR])
    assert runner_up(BEST, [BEST]).startswith("none")


def test_a_limit_that_would_turn_the_answer_is_told() -> None:
    (told,) = changes(BEST, [BEST, CHEAP, DEAR])
    assert told == (
        "with per token 60 ms accepted, 1 x ml.g6.2xlarge, bf16 wins at 122 USD, 81% of the price"
    )


def test_a_margin_below_the_error_asks_for_a_measurement() -> None:
    (told,) = margins(DEAR, [DEAR], [("the time per token", 0.045, 0.05)])
    assert "within 11% of its limit" in told
    assert "twin plan calibrate" in told
    assert [*margins(BEST, [BEST], [("the time per token", 0.045, 0.05)])] == []  # measured
    close = option("ml.g6e.xlarge", 60)
    assert "less than the model is exact" in next(margins(BEST, [BEST, close], []))
