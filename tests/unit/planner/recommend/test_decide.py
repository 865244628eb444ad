"""The decision, on ten scenarios that were worked out by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from planner.errors import PlanError
from planner.recommend.decide import recommend
from planner.report.recommendation import lines
from tests.support.needs import SCENARIOS, scenario
from tests.support.project import PROJECT

DECIDED = [(number, each) for number, each in enumerate(SCENARIOS, 1) if "most" in each["expected"]]
ANSWERED = [*(number for number, _ in DECIDED), 11]


@pytest.mark.parametrize(("number", "told"), DECIDED, ids=[each["title"] for _, each in DECIDED])
def test_the_decision_is_the_one_by_hand_where_nothing_changed(
    number: int, told: dict[str, Any]
) -> None:
    found, expected = recommend(scenario(number)), told["expected"]
    assert (found.best.kind, found.topology.name) == (expected["type"], expected["topology"])
    assert found.best.candidate.format == expected["quantization"]
    changed = told.get("changed", "")
    if not changed.startswith("the instance"):
        assert found.best.candidate.instance == expected["instance"]
        assert found.best.most == expected["most"]
    if not changed:
        assert found.best.usd == pytest.approx(expected["usd"], rel=0.1)


def test_what_changed_is_the_number_that_is_told() -> None:
    assert recommend(scenario(3)).best.candidate.instance == "ml.g7e.2xlarge"
    assert any("measure it on ml.g7e.2xlarge" in note for note in recommend(scenario(3)).notes)
    assert recommend(scenario(5)).best.candidate.instance == "ml.g6e.xlarge"


def test_one_function_costs_what_it_does_and_tells_what_it_beat() -> None:
    found = recommend(scenario(11))
    assert (found.topology.name, found.topology.function is not None) == ("monolith", True)
    # 6,083 requests x (7.1 s of prompt + 300 x 28.3 ms + half of them 7.3 s of start) x 10 GB.
    assert found.usd == pytest.approx(19.6, rel=0.02)
    assert found.runner_up.startswith("1 x ml.g6.xlarge, bf16 at 823 USD with its door: loses by")
    assert found.changes[0].startswith("from about 8,")
    assert found.config is not None
    assert "[monolith]" in found.config
    assert not found.missed
    poor = recommend(scenario(11, budget_usd_per_month=5))
    assert poor.missed
    assert poor.notes[0].startswith("the budget of 5 USD a month is not kept")


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(PlanError, match=r"weights 14\.96 \+ 131072 tokens of KV cache 16\.00"):
        recommend(scenario(10))


def test_a_little_used_instance_is_said_not_to_be_worth_it() -> None:
    (told,) = (note for note in recommend(scenario(7)).notes if note.startswith("do not deploy"))
    assert "= 13.5 cents each: a hosted API is cheaper" in told


def test_a_budget_that_is_not_kept_is_said() -> None:
    found = recommend(scenario(1, budget_usd_per_month=100))
    assert found.missed
    assert found.notes[0].startswith("the budget of 100 USD a month is not kept")


def test_an_instance_that_was_asked_for_is_taken_and_the_cheaper_one_told() -> None:
    found = recommend(scenario(7, evaluated=[], instance="ml.g5.12xlarge"))
    assert found.best.candidate.instance == "ml.g5.12xlarge"
    assert found.changes[0] == (
        "without the wish for ml.g5.12xlarge, 1 x ml.g6.2xlarge, bf16 does at 892 USD"
    )


def test_a_derived_price_is_said() -> None:
    found = recommend(scenario(7, evaluated=[], instance="ml.p5en.48xlarge"))
    assert any("is derived from EC2's" in note for note in found.notes)


def test_an_endpoint_that_never_rests_is_said() -> None:
    found = recommend(scenario(5, bursts_per_day=None, requests_per_day=40_000))
    assert found.scaling.startswith("always on, ")
    assert found.scaling.endswith(": it never rests")
    assert not [text for text in found.alternatives if "a burst takes" in text]


def test_hardly_used_instances_are_said_to_be_dear_in_office_hours_and_queues_too() -> None:
    hours = {"opens": 8, "closes": 18, "days": "MON-FRI", "outside_hours": "may-wait"}
    in_hours = recommend(scenario(7, **hours))
    queued = recommend(scenario(5, requests_per_day=20, bursts_per_day=None, within_minutes=5))
    for found in (in_hours, queued):
        assert "do not deploy for this alone" in found.notes[0]
    assert "Zero is excluded" not in in_hours.notes[0]


def test_needs_that_a_days_job_does_not_ask_for_are_named() -> None:
    daily = recommend(scenario(5, within_minutes=1440, opens=8, closes=18))
    assert daily.best.kind == "batch"
    assert "bursts_per_day, opens, closes change nothing: a day's requests wait" in daily.notes[0]


STEADY = {"bursts_per_day": None, "requests_per_day": 20_000, "tokens_in": 1000, "tokens_out": 200}


def test_steady_requests_that_may_take_hours_are_gathered_into_jobs() -> None:
    found = recommend(scenario(5, within_minutes=720, **STEADY))
    assert found.best.kind == "batch"
    assert found.best.sums[0].startswith("a job each 6 h over what came since, 5,000 requests")
    assert found.topology.door_usd == 0
    assert any(each.startswith("asynchronous, ") for each in found.alternatives)


def test_steady_requests_that_may_take_minutes_and_bursts_have_an_endpoint() -> None:
    assert recommend(scenario(5, within_minutes=60, **STEADY)).best.kind == "asynchronous"
    assert recommend(scenario(5, within_minutes=720)).best.kind == "asynchronous"


def test_a_type_that_jobs_do_not_have_is_refused() -> None:
    with pytest.raises(PlanError, match="us-east-1 does not have for transform"):
        recommend(scenario(2, instance="ml.g7e.2xlarge"))


def test_weights_that_a_function_packs_were_not_evaluated_and_stored_ones_are_themselves() -> None:
    packed = recommend(scenario(11)).notes
    stored = recommend(
        scenario(
            11,
            model=str(PROJECT / "model_artifacts" / "demo"),
            evaluated=None,
            tokens_in=100,
            tokens_out=50,
        )
    ).notes
    assert "Q4_K_M was not evaluated as such" in packed[0]
    assert "not evaluated" not in stored[0]


def test_what_is_assumed_of_a_session_is_told() -> None:
    assert "a request a minute is assumed while a session lasts" in recommend(scenario(4)).notes


def test_a_shared_instruction_is_advised_until_it_is_counted() -> None:
    shared = [recommend(scenario(2, cached_share=share)).alternatives for share in (None, 0.5)]
    assert ["set cached_share" in " ".join(each) for each in shared] == [True, False]


def test_needs_that_speak_of_one_container_are_answered() -> None:
    told = recommend(scenario(7, callers=1, changes="monthly")).alternatives
    assert any("features are not in memory" in each for each in told)
    assert not any("services call" in each for each in told)


def test_one_container_is_recommended_without_a_config() -> None:
    assert recommend(scenario(9)).config is None


def test_other_kinds_are_priced_beside() -> None:
    assert "real-time, always on, 1 x ml.g5.2xlarge: 1,106 USD a month" in (
        recommend(scenario(1)).alternatives
    )
    assert "5,706 USD a month" in recommend(scenario(2)).alternatives[0]


def test_limits_that_nothing_keeps_are_refused_with_the_nearest() -> None:
    with pytest.raises(PlanError, match="no instance type keeps the limits; nearest is"):
        recommend(scenario(1, first_token_seconds=0.01))


def test_the_page_on_choosing_tells_what_is_decided() -> None:
    page = (PROJECT / "docs" / "choosing.md").read_text(encoding="utf-8")
    found = [recommend(scenario(number)) for number in ANSWERED]
    told = [" ".join(pair) for each in found for pair in [*lines(each), (each.title,)]]
    assert [each.title for each in found if each.title not in page] == []
    for line in _shown(page):
        # Left out on the page is where a speed is from, at the end of a line.
        assert any(each.startswith(line) for each in told), line


def _shown(page: str) -> Iterator[str]:
    """Yield the lines of the page's blocks, unwrapped: of answers, not of needs or a refusal."""
    for block in page.split("```")[1::2]:
        if not block.startswith("toml") and "does not fit" not in block:
            for line in re.sub(r"\n {12}", " ", block).strip().splitlines():
                yield " ".join(line.split())
