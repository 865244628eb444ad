"""A plan from request to result: traffic, policies to compare, and the cheapest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

from planner.errors import PlanError
from planner.experiment import Experiment, Traffic
from planner.hardware.demand import survey
from planner.policies.config_section import from_config, to_toml
from planner.policies.policy import ScalingPlan
from planner.policies.presets import preset
from planner.search.optimizer import Trial, best_fixed, search
from planner.simulator.endpoint import Endpoint, endpoint
from planner.simulator.outcome import Objective, Outcome
from planner.workload.generated import Traffic as Generated
from planner.workload.trace import read_trace
from stacks.config import ColdStartConfig, StageConfig, load_stage

_COMPARED = ("book", "aws-sample", "load-test")
_COLD_STARTS = get_args(ColdStartConfig.model_fields["mode"].annotation)
Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class PlanRequest:
    """A request to simulate policies under some traffic.

    Attributes:
        trace: file of requests; None generates them.
        generated: arguments of planner.workload.generated.Traffic.
        model: name in the catalogue.
        instance: instance type; a stage's own wins.
        stage: whose instance type and policy to take.
        policies: names of policies, as planner.policies.presets knows them.
        compare: add the known policies, the best fixed count and the clairvoyant.
        find: search for the cheapest policy.
        learn_from: trace of another day, for schedules.
        objective: latencies that count as good.
        share: of the requests to keep within it, 0 to 1.
        cold_start: hold, reject or queue; None is the stage's own, or hold.
        seed: of everything random.
    """

    trace: Path | None = None
    generated: dict[str, Any]
    model: str
    instance: str
    stage: str | None = None
    policies: tuple[str, ...] = ()
    compare: bool = False
    find: bool = False
    learn_from: Path | None = None
    objective: Objective
    share: float = 0.99
    cold_start: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class PlanResult:
    """The outcomes of a simulated request.

    Attributes:
        summary: model, traffic and objective in one sentence.
        outcomes: one a policy.
        config: the section of the policy that was found; empty without a search.
    """

    summary: str
    outcomes: list[Outcome]
    config: str = ""


def simulate(request: PlanRequest, progress: Progress) -> PlanResult:
    """Simulate every policy the request names or implies.

    Raises:
        PlanError: the request cannot be simulated.
        ConfigError: the stage's config is wrong.
    """
    if not 0 < request.share < 1:
        raise PlanError(f"share: got {request.share}; must be above 0 and below 1")
    if request.seed < 0:
        raise PlanError(f"seed: got {request.seed}; must be 0 or more")
    stage = load_stage(request.stage, Path.cwd()) if request.stage else None
    serving = served_by(request, stage)
    traffic = _traffic(request)
    experiment = Experiment(traffic, survey(traffic(), serving.speed), serving)
    run = partial(_announced, experiment, progress)
    outcomes, config = [], ""
    if request.find:
        best = _search(request, experiment, run)
        outcomes, config = [best.outcome], to_toml(best.plan)
    outcomes += [run(plan) for plan in _plans(request, experiment, stage)]
    if request.compare:
        outcomes += [best_fixed(run, request.share).outcome]
        progress("clairvoyant")
        outcomes += [experiment.run_clairvoyant(request.share)]
    return PlanResult(_summary(request, experiment), outcomes, config)


def served_by(request: PlanRequest, stage: StageConfig | None) -> Endpoint:
    """Return the endpoint that serves: the stage's own where there is one."""
    make = partial(endpoint, request.model, seed=request.seed)
    if stage is None:
        serving = make(request.instance, request.objective)
    else:
        serving = make(
            stage.realtime.instance_type,
            request.objective,
            slots=stage.model.max_concurrent_sequences,
            context_length=stage.model.context_length,
        )
    return replace(serving, cold_start=_cold_start(request, stage))


def _cold_start(request: PlanRequest, stage: StageConfig | None) -> ColdStartConfig:
    """Return the mode of the request, else the stage's own, else a gateway that holds."""
    own = stage.cold_start if stage is not None else None
    if request.cold_start is None:
        return own or ColdStartConfig(mode="hold")
    if request.cold_start not in _COLD_STARTS:
        known = ", ".join(_COLD_STARTS)
        raise PlanError(f"cold start: got {request.cold_start!r}; must be one of {known}")
    return (own or ColdStartConfig()).model_copy(update={"mode": request.cold_start})


def _traffic(request: PlanRequest) -> Traffic:
    """Return the traffic, streamed for a single run and kept in memory for several."""
    if request.trace is None:
        return Generated(**request.generated).arrivals
    if request.compare or request.find or len(request.policies) > 1:
        kept = list(read_trace(request.trace))
        return lambda: kept
    return partial(read_trace, request.trace)


def _plans(
    request: PlanRequest, experiment: Experiment, stage: StageConfig | None
) -> Iterator[ScalingPlan]:
    names = [*request.policies, *(_COMPARED if request.compare else ())]
    if stage is not None:
        yield from_config(stage.realtime)
    elif not names and not request.find:
        names = ["aws-sample"]
    for name in dict.fromkeys(names):
        yield preset(name, experiment.survey.most_requests_per_second)


def _search(
    request: PlanRequest, experiment: Experiment, run: Callable[[ScalingPlan], Outcome]
) -> Trial:
    learn = None
    if request.learn_from is not None:
        yesterday = survey(read_trace(request.learn_from), experiment.endpoint.speed)
        learn = partial(experiment.learnt, yesterday)
    return search(run, request.share, peak=experiment.peak(), learn=learn)


def _announced(experiment: Experiment, progress: Progress, plan: ScalingPlan) -> Outcome:
    outcome = experiment.run(plan)
    target = f" {plan.metric} {plan.target:g}" if plan.metric else ""
    schedules = f", {len(plan.schedules)} schedules" if plan.schedules else ""
    progress(
        f"{plan.name}{target}, at most {plan.max_instances}{schedules}: "
        f"{outcome.within:.2%} within the SLO, {outcome.instance_hours:.1f} instance-hours"
    )
    return outcome


def _summary(request: PlanRequest, experiment: Experiment) -> str:
    seen, objective = experiment.survey, request.objective
    estimated = (
        "" if experiment.endpoint.speed.measured else " (speed estimated from the data sheet)"
    )
    source = request.trace.name if request.trace else f"{request.generated['kind']} traffic"
    return (
        f"{request.model}{estimated}, {seen.requests} requests of {source} over "
        f"{(seen.end - seen.start) / 3600:.1f} h, on average {seen.context:.0f} tokens in and "
        f"{seen.generated:.0f} out; SLO: first token within {objective.first_token:g} s, then "
        f"{1000 * objective.per_token:g} ms per token"
    )
