"""Latency under a steady stream, held against the simulator."""

from __future__ import annotations

import numpy as np
import pytest

from planner.experiment import Experiment
from planner.hardware.demand import survey
from planner.policies.presets import preset
from planner.recommend.pace import pace, work
from planner.simulator.endpoint import hosted
from planner.simulator.outcome import Objective
from planner.workload.trace import MONDAY, Arrivals
from tests.support.needs import candidate, scenario

CHAT = candidate(scenario(1), "ml.g5.2xlarge").serving


def test_the_average_request_is_as_the_simulator_has_it() -> None:
    rate, count = 0.417, 600
    gaps = np.random.default_rng(0).exponential(1 / rate, count)
    arrivals = [Arrivals(MONDAY + np.cumsum(gaps), np.full(count, 1200), np.full(count, 250))]
    serving = hosted(CHAT, Objective())
    experiment = Experiment(lambda: arrivals, survey(arrivals, serving.speed), serving)
    outcome = experiment.run(preset("fixed:1", 1.0))
    found = pace(CHAT.speed, rate, 1200, 250)
    assert found is not None
    assert found.per_token == pytest.approx(outcome.per_token[0], rel=0.1)
    assert found.first_token == pytest.approx(outcome.first_token[0], rel=0.25)
    assert found.in_flight == pytest.approx(rate * found.answer)


def test_requests_that_pile_up_have_no_pace() -> None:
    assert pace(CHAT.speed, 100.0, 1200, 250) is None
    assert pace(CHAT.speed, 1e-3, 10**6, 250) is None


def test_work_is_the_least_that_a_request_takes() -> None:
    alone = pace(CHAT.speed, 1e-6, 1200, 250, 0.0)
    assert alone is not None
    assert work(CHAT.speed, 1200, 250) < alone.answer
