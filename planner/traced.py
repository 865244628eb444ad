"""The traffic of a stage out of a trace, with the instances that scaling keeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from planner.billing.load import Traffic
from planner.experiment import Experiment
from planner.hardware.demand import survey
from planner.policies.config_section import from_config
from planner.question import ModelQuestion, served, stage_of
from planner.simulator.outcome import Objective
from planner.workload.trace import read_trace

_HOUR = 3600


def traced_traffic(stage: str, trace: Path, beside: Traffic | None = None) -> Traffic:
    """Return the traffic of a trace, with the simulated stage's instances and latencies.

    Args:
        stage: its name.
        trace: file of requests to the real-time endpoint.
        beside: whose background responses and batches come beside them.

    Raises:
        PlanError: the trace cannot be read, or the stage cannot be simulated.
        ConfigError: the stage's config is wrong.
    """
    asked = ModelQuestion(stage=stage)
    config = stage_of(asked)
    _, _, serving = served(asked, config, Objective(), 0)
    kept = list(read_trace(trace))
    experiment = Experiment(lambda: kept, survey(kept, serving.speed), serving)
    if config is None:  # the question names a stage
        raise AssertionError(stage)
    outcome = experiment.run(from_config(config.endpoint))
    seen = experiment.survey
    hours = (seen.end - seen.start) / _HOUR
    return replace(
        beside or Traffic(),
        requests_per_hour=seen.requests / hours,
        prompt_tokens=seen.context,
        tokens=seen.generated,
        tokens_per_second=1 / max(outcome.per_token[0], 1e-6),
        held_seconds=outcome.first_token[0],
        instances=outcome.instance_hours / hours,
    )
