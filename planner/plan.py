"""A plan from request to result: traffic, policies to compare, and the cheapest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

from planner.errors import PlanError
from planner.experiment import Experiment, Traffic
from planner.hardware.demand import survey
from planner.models.model import Model
from planner.plan_result import PlanResult
from planner.policies.config_section import from_config, to_toml
from planner.policies.policy import ScalingPlan
from planner.policies.presets import preset
from planner.prices.price_list import price_source
from planner.question import ModelQuestion, served, stage_of
from planner.search.ceiling import ceiling
from planner.search.optimizer import Trial, best_fixed, search
from planner.simulator.endpoint import Endpoint
from planner.simulator.outcome import Objective, Outcome
from planner.workload.generated import Traffic as Generated
from planner.workload.trace import read_trace
from stacks.config import ColdStartConfig, StageConfig

_COMPARED = ("book", "aws-sample", "load-test")
_COLD_STARTS = get_args(ColdStartConfig.model_fields["mode"].annotation)
Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class PlanRequest:
    """A request to simulate policies under some traffic.

    Attributes:
        trace: file of requests; None generates them.
        generated: arguments of planner.workload.generated.Traffic.
        asked: model and instance, or the stage that has both.
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
    asked: ModelQuestion
    policies: tuple[str, ...] = ()
    compare: bool = False
    find: bool = False
    learn_from: Path | None = None
    objective: Objective
    share: float = 0.99
    cold_start: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise PlanError(f"share: got {self.share}; must be above 0 and below 1")
        if self.seed < 0:
            raise PlanError(f"seed: got {self.seed}; must be 0 or more")
        if self.learn_from is not None and not self.find:
            raise PlanError(
                f"--learn-from {self.learn_from} without --search: got it alone; must come with "
                "--search, which tries the schedules that it learns"
            )
        for name in self.policies:
            preset(name, most_requests_per_second=1.0)  # refused before the traffic is read


def simulate(request: PlanRequest, progress: Progress) -> PlanResult:
    """Simulate every policy the request names or implies.

    Raises:
        PlanError: the request cannot be simulated.
        ConfigError: the stage's config is wrong.
    """
    stage = stage_of(request.asked)
    model, instance, serving = served(request.asked, stage, request.objective, request.seed)
    serving = replace(serving, cold_start=cold_start(request, stage))
    traffic = _traffic(request)
    experiment = Experiment(traffic, survey(traffic(), serving.speed), serving)
    limit = ceiling(traffic(), serving)
    progress(limit.sentence)
    run = partial(_announced, experiment, progress)
    outcomes, config, notes = [], "", [limit.sentence]
    if request.find:
        best = _search(request, experiment, run)
        outcomes, config = [best.outcome], to_toml(best.plan)
    if missed := bool(outcomes) and outcomes[0].within < request.share:
        share = f"{outcomes[0].within:.2%}"
        notes.append(
            f"no policy keeps {request.share:.1%} of requests within the objective; the nearest "
            f"reaches {share}, and its config misses the objective"
        )
        config = f"# misses the objective: {share} of requests within it\n{config}"
    outcomes += [run(plan) for plan in _plans(request, experiment, stage)]
    if request.compare:
        outcomes += [best_fixed(run, request.share).outcome]
        progress("clairvoyant")
        outcomes += [experiment.run_clairvoyant(request.share)]
    provenance = _provenance(model, instance, serving)
    notes += [f"{name}: {text}" for name, text in provenance.items()]
    return PlanResult(
        model=model.name,
        instance=instance,
        summary=_summary(request, experiment, model.name, instance),
        notes=notes,
        provenance=provenance,
        ceiling=limit,
        outcomes=outcomes,
        endpoint=serving,
        config=config,
        missed=missed,
    )


def _provenance(model: Model, instance: str, served_by: Endpoint) -> dict[str, str]:
    price = f"{price_source()}, {served_by.usd_per_hour} USD per hour of {instance}"
    return {"model": model.source, "speed": served_by.speed.source, "price": price}


def cold_start(request: PlanRequest, stage: StageConfig | None) -> ColdStartConfig:
    """Return the mode of the request, else the stage's own, else a gateway that holds.

    Raises:
        PlanError: there is no such mode.
    """
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
        yield from_config(stage.endpoint)
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
    scaling = ""
    if plan.metric:
        cooldowns = f"{plan.scale_in_cooldown:g}/{plan.scale_out_cooldown:g} s"
        scaling = f" {plan.metric} {plan.target:g}, cooldowns {cooldowns}"
    schedules = f", {len(plan.schedules)} schedules" if plan.schedules else ""
    progress(
        f"{plan.name}{scaling}, at most {plan.max_instances}{schedules}: "
        f"{outcome.within:.2%} within the SLO, {outcome.instance_hours:.1f} instance-hours"
    )
    return outcome


def _summary(request: PlanRequest, experiment: Experiment, model: str, instance: str) -> str:
    seen, objective = experiment.survey, request.objective
    estimated = "" if experiment.endpoint.speed.measured else " (speed estimated from data sheets)"
    source = request.trace.name if request.trace else f"{request.generated['kind']} traffic"
    return (
        f"{model} on {instance}{estimated}, {seen.requests} requests of {source} over "
        f"{(seen.end - seen.start) / 3600:.1f} h, on average {seen.context:.0f} tokens in and "
        f"{seen.generated:.0f} out; SLO: first token within {objective.first_token:g} s, then "
        f"{1000 * objective.per_token:g} ms per token"
    )


def question(request: PlanRequest) -> dict[str, Any]:
    """Return the request as it was asked, of types that JSON has."""
    asked = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in asdict(request.asked).items()
    }
    traffic = {"trace": str(request.trace)} if request.trace else request.generated
    return {
        **asked,
        "traffic": traffic,
        "policies": list(request.policies),
        "compare": request.compare,
        "search": request.find,
        "learn_from": str(request.learn_from) if request.learn_from else None,
        "share": request.share,
        "cold_start": request.cold_start,
        "seed": request.seed,
    }
