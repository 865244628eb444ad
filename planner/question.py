"""A whole question to the simulator and its answer: traffic, policies, and the best of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

from planner.errors import PlanError
from planner.hardware.demand import survey
from planner.policies.config_section import from_config, to_toml
from planner.policies.policy import ScalingPlan
from planner.policies.presets import preset
from planner.search.optimizer import Trial, best_fixed, search
from planner.simulator.endpoint import Endpoint, endpoint
from planner.simulator.outcome import Objective, Outcome
from planner.study import Study, Traffic
from planner.workload.generated import Traffic as Generated
from planner.workload.trace import read_trace
from stacks.config import ColdStartConfig, StageConfig, load_stage

_COMPARED = ("book", "aws-sample", "load-test")
_COLD_STARTS = get_args(ColdStartConfig.model_fields["mode"].annotation)
Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What to simulate.

    Attributes:
        trace: file of requests; None generates them.
        generated: arguments of arrivals.Traffic.
        model: name in the catalogue.
        instance: instance type; a stage's own wins.
        stage: whose instance type and policy to take.
        policies: names of policies, as in policy.preset.
        compare: add the known policies, the best fixed count and the clairvoyant.
        find: search for the cheapest policy.
        learn_from: trace of another day, for schedules.
        objective: what counts as good.
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
class Answer:
    """What was simulated.

    Attributes:
        question: in one sentence.
        outcomes: one a policy.
        config: the section of the policy that was found; empty without a search.
    """

    question: str
    outcomes: list[Outcome]
    config: str = ""


def ask(question: Question, progress: Progress) -> Answer:
    """Simulate every policy the question names or implies.

    Raises:
        PlanError: it cannot be answered.
        ConfigError: the stage's config is wrong.
    """
    if not 0 < question.share < 1:
        raise PlanError(f"share: got {question.share}; must be above 0 and below 1")
    if question.seed < 0:
        raise PlanError(f"seed: got {question.seed}; must be 0 or more")
    stage = load_stage(question.stage, Path.cwd()) if question.stage else None
    serving = served_by(question, stage)
    traffic = _traffic(question)
    study = Study(traffic, survey(traffic(), serving.speed), serving)
    run = partial(_announced, study, progress)
    outcomes, config = [], ""
    if question.find:
        best = _search(question, study, run)
        outcomes, config = [best.outcome], to_toml(best.plan)
    outcomes += [run(plan) for plan in _plans(question, study, stage)]
    if question.compare:
        outcomes += [best_fixed(run, question.share).outcome]
        progress("clairvoyant")
        outcomes += [study.run_clairvoyant(question.share)]
    return Answer(_sentence(question, study), outcomes, config)


def served_by(question: Question, stage: StageConfig | None) -> Endpoint:
    """Return what serves: the stage's own where there is one."""
    make = partial(endpoint, question.model, seed=question.seed)
    if stage is None:
        serving = make(question.instance, question.objective)
    else:
        serving = make(
            stage.realtime.instance_type,
            question.objective,
            slots=stage.model.max_concurrent_sequences,
            context_length=stage.model.context_length,
        )
    return replace(serving, cold_start=_cold_start(question, stage))


def _cold_start(question: Question, stage: StageConfig | None) -> ColdStartConfig:
    """Return what was asked for, else the stage's own, else a gateway that holds."""
    own = stage.cold_start if stage is not None else None
    if question.cold_start is None:
        return own or ColdStartConfig(mode="hold")
    if question.cold_start not in _COLD_STARTS:
        known = ", ".join(_COLD_STARTS)
        raise PlanError(f"cold start: got {question.cold_start!r}; must be one of {known}")
    return (own or ColdStartConfig()).model_copy(update={"mode": question.cold_start})


def _traffic(question: Question) -> Traffic:
    """Return the requests; those of a single run are read as they come, others once for all."""
    if question.trace is None:
        return Generated(**question.generated).arrivals
    if question.compare or question.find or len(question.policies) > 1:
        kept = list(read_trace(question.trace))
        return lambda: kept
    return partial(read_trace, question.trace)


def _plans(question: Question, study: Study, stage: StageConfig | None) -> Iterator[ScalingPlan]:
    names = [*question.policies, *(_COMPARED if question.compare else ())]
    if stage is not None:
        yield from_config(stage.realtime)
    elif not names and not question.find:
        names = ["aws-sample"]
    for name in dict.fromkeys(names):
        yield preset(name, study.survey.most_requests_per_second)


def _search(question: Question, study: Study, run: Callable[[ScalingPlan], Outcome]) -> Trial:
    learn = None
    if question.learn_from is not None:
        yesterday = survey(read_trace(question.learn_from), study.endpoint.speed)
        learn = partial(study.learnt, yesterday)
    return search(run, question.share, peak=study.peak(), learn=learn)


def _announced(study: Study, progress: Progress, plan: ScalingPlan) -> Outcome:
    outcome = study.run(plan)
    target = f" {plan.metric} {plan.target:g}" if plan.metric else ""
    schedules = f", {len(plan.schedules)} schedules" if plan.schedules else ""
    progress(
        f"{plan.name}{target}, at most {plan.max_instances}{schedules}: "
        f"{outcome.within:.2%} within the SLO, {outcome.instance_hours:.1f} instance-hours"
    )
    return outcome


def _sentence(question: Question, study: Study) -> str:
    seen, objective = study.survey, question.objective
    estimated = "" if study.endpoint.speed.measured else " (speed estimated from the data sheet)"
    source = question.trace.name if question.trace else f"{question.generated['kind']} traffic"
    return (
        f"{question.model}{estimated}, {seen.requests} requests of {source} over "
        f"{(seen.end - seen.start) / 3600:.1f} h, on average {seen.context:.0f} tokens in and "
        f"{seen.generated:.0f} out; SLO: first token within {objective.first_token:g} s, then "
        f"{1000 * objective.per_token:g} ms per token"
    )
