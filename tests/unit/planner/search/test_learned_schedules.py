"""Capacity from known traffic: schedules of another day, and a clairvoyant."""

from __future__ import annotations

import numpy as np
import pytest

from autoscaling.schedule import ScheduledAction
from planner.hardware.demand import Survey, survey
from planner.models.known import known_model
from planner.search.learned_schedules import Clairvoyant, learnt_schedules, needed
from planner.simulator.endpoint import endpoint
from planner.simulator.outcome import Objective
from planner.simulator.simulation import Simulation
from planner.workload.generated import Traffic
from planner.workload.trace import MONDAY
from tests.support.planner import CERTAIN, steady

SPEED = endpoint(known_model("llama-3.1-8b"), "ml.g5.2xlarge", Objective()).speed


def seen(work: np.ndarray) -> Survey:
    """A day of so many GPU seconds in each minute."""
    return Survey(
        start=MONDAY,
        end=MONDAY + 86_400,
        requests=1,
        context=1,
        generated=1,
        arrivals=np.ones(1440),
        work=work,
    )


def floors(actions: tuple[ScheduledAction, ...]) -> dict[str, int | None]:
    return {action.schedule: action.min_capacity for action in actions}


def test_a_learnt_minimum_rises_early_and_falls_in_time() -> None:
    work = np.full(1440, 30.0)
    work[8 * 60 : 18 * 60] = 300.0
    assert floors(learnt_schedules(seen(work), 0.5, lead=330, most=30)) == {
        "cron(54 7 * * ? *)": 10,
        "cron(0 18 * * ? *)": 1,
    }


def test_a_learnt_minimum_stays_within_the_maximum() -> None:
    work = np.full(1440, 30.0)
    work[8 * 60 : 18 * 60] = 300.0
    most = [action.min_capacity for action in learnt_schedules(seen(work), 0.5, lead=0, most=6)]
    assert most == [6, 1]


def test_a_schedule_does_not_learn_a_burst() -> None:
    work = np.full(1440, 60.0)
    work[600:615] = 900.0
    assert floors(learnt_schedules(seen(work), 0.5, lead=330, most=30)) == {
        "cron(0 0 * * ? *)": 2,
    }


def test_a_schedule_learns_a_day() -> None:
    day = survey(Traffic(kind="diurnal", rate=4, duration=86_400).arrivals(), SPEED)
    actions = learnt_schedules(day, 0.6, lead=330, most=30)
    least = {int(action.name[-4:-2]): action.min_capacity or 0 for action in actions}
    assert len(actions) <= 96
    assert max(least, key=lambda hour: least[hour]) in range(10, 18)
    assert max(least.values()) <= needed(day, 0.6).max()


def test_a_clairvoyant_starts_each_instance_just_in_time() -> None:
    counts = np.array([1] * 20 + [3] * 20 + [1] * 20)
    seer = Clairvoyant(counts, MONDAY, delay=258)
    outcome = Simulation("seer", CERTAIN, seer, instances=seer.instances, start=MONDAY).run(
        [steady(0.5, 3600)]
    )
    assert outcome.instance_hours == pytest.approx((60 + 2 * 20 + 2 * 4.3) / 60, rel=0.02)


def test_a_clairvoyant_keeps_an_instance_through_a_short_gap() -> None:
    counts = np.array([2] * 10 + [1] * 3 + [2] * 10)
    assert Clairvoyant(counts, MONDAY, delay=258).due == float("inf")
