"""Scaling policies compared on an hour and on a day of real traffic; writes tables and plots.

The numbers of docs/autoscaling.md come from here:

    python benchmarks/simulator/compare.py AzureLLMInferenceTrace_conv.csv --images docs/images
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from day import chunked, day

from autoscaling.assumptions import Assumptions
from planner.experiment import Experiment, Traffic
from planner.hardware.catalogue import provisioning
from planner.hardware.demand import Survey, survey
from planner.models.known import known_model
from planner.policies.config_section import to_toml
from planner.policies.policy import ScalingPlan
from planner.policies.presets import preset
from planner.report.plots import timeline_png, trade_off_png
from planner.report.tables import rows
from planner.search.optimizer import Trial, best_fixed, search
from planner.simulator.endpoint import endpoint
from planner.simulator.outcome import Objective, Outcome
from planner.workload.trace import Arrivals, read_trace

OBJECTIVE = Objective()
SHARE, CAREFUL = 0.99, 0.993
KNOWN = ("book", "aws-sample", "load-test")
OTHER_DAYS = (2, 3, 4)
SERVED = endpoint(known_model("llama-3.1-8b"), "ml.g5.2xlarge", OBJECTIVE)

# What AWS does not document, varied one at a time.
VARIED: dict[str, Callable[[Experiment], Experiment]] = {
    "as assumed": lambda experiment: experiment,
    "scale-in from the newest datapoint": lambda experiment: _assume(
        experiment, Assumptions(scale_in_value="newest")
    ),
    "scale-in one instance at a time": lambda experiment: _assume(
        experiment, Assumptions(scale_in_step=1)
    ),
    "no lock while changing": lambda experiment: _assume(
        experiment, Assumptions(locked_while_changing=False)
    ),
    "no container caching (525 s)": lambda experiment: replace(
        experiment, endpoint=replace(experiment.endpoint, delay=provisioning("uncached"))
    ),
}


def _assume(experiment: Experiment, assumed: Assumptions) -> Experiment:
    return replace(experiment, assumed=assumed)


def experiment_on(traffic: Sequence[Arrivals]) -> Experiment:
    """Survey traffic that is in memory."""
    source: Traffic = lambda: traffic  # noqa: E731 - as a value
    return Experiment(source, survey(traffic, SERVED.speed), SERVED)


def found(
    experiment: Experiment, name: str, share: float = SHARE, yesterday: Survey | None = None
) -> Trial:
    """Search, with schedules learnt from yesterday where there is one."""
    learn = partial(experiment.learnt, yesterday) if yesterday else None
    best = search(cache(experiment.run), share, peak=experiment.peak(), learn=learn)
    plan = replace(best.plan, name=name)
    return Trial(plan, replace(best.outcome, policy=name))


def known(experiment: Experiment) -> list[Outcome]:
    """Run the policies that others recommend, and the best fixed count."""
    most = experiment.survey.most_requests_per_second
    outcomes = [experiment.run(preset(name, most)) for name in KNOWN]
    return [*outcomes, best_fixed(experiment.run, SHARE).outcome]


def show(title: str, experiment: Experiment, outcomes: Sequence[Outcome]) -> None:
    """Print a table in Markdown."""
    print(f"\n### {title}\n")
    requests, hours = experiment.survey.requests, experiment.work_hours()
    print(f"{requests:,} requests; {hours:.1f} instance-hours of work\n")
    print("| |", " | ".join(outcome.policy for outcome in outcomes), "|")
    print("| --- |", " | ".join("---:" for _ in outcomes), "|")
    for label, texts in rows(outcomes):
        print(f"| {label} |", " | ".join(texts), "|")


def show_sensitivity(experiment: Experiment, plans: Sequence[ScalingPlan]) -> None:
    """Print what the policies do when an assumption is another."""
    print("\n### Assumptions varied\n")
    print("| |", " | ".join(f"{plan.name}: within SLO, hours" for plan in plans), "|")
    print("| --- |", " | ".join("---:" for _ in plans), "|")
    for label, vary in VARIED.items():
        outcomes = [vary(experiment).run(plan) for plan in plans]
        cells = (f"{outcome.within:.2%}, {outcome.instance_hours:.1f}" for outcome in outcomes)
        print(f"| {label} |", " | ".join(cells), "|", flush=True)


def show_other_days(hour: Path, plans: Sequence[ScalingPlan]) -> None:
    """Print the outcomes of policies, and of perfect foresight, on days outside the search."""
    names = [*(plan.name for plan in plans), "clairvoyant"]
    print("\n### Other days\n")
    print("| |", " | ".join(f"{name}: within SLO, hours" for name in names), "|")
    print("| --- |", " | ".join("---:" for _ in names), "|")
    for seed in OTHER_DAYS:
        experiment = experiment_on(list(chunked(day(hour, seed))))
        outcomes = [*map(experiment.run, plans), experiment.run_clairvoyant(SHARE)]
        cells = (f"{outcome.within:.2%}, {outcome.instance_hours:.1f}" for outcome in outcomes)
        print(f"| seed {seed} |", " | ".join(cells), "|", flush=True)


def show_hour(path: Path) -> None:
    """Print the policies found on the hour, beside those that others recommend."""
    hour = experiment_on(list(read_trace(path)))
    best = found(hour, "found")
    show("The hour", hour, [*known(hour), best.outcome, hour.run_clairvoyant(SHARE)])
    print(f"\n```toml\n{to_toml(best.plan)}```")


def show_day(path: Path, images: Path | None) -> None:
    """Print the same for a day, with a schedule learnt from the day before and with a margin."""
    today = experiment_on(list(chunked(day(path, seed=1))))
    yesterday = survey(chunked(day(path, seed=0)), SERVED.speed)
    best = found(today, "found")
    learnt = found(today, "found, learnt", yesterday=yesterday)
    careful = found(today, f"the same, {CAREFUL:.1%}", CAREFUL, yesterday)
    others, seer = known(today), today.run_clairvoyant(SHARE)
    show("The day", today, [*others, best.outcome, learnt.outcome, careful.outcome, seer])
    for trial in (best, learnt, careful):
        print(f"\n{trial.plan.name}:\n```toml\n{to_toml(trial.plan)}```")
    sample = preset("aws-sample", today.survey.most_requests_per_second)
    plans = [sample, best.plan, learnt.plan, careful.plan]
    show_sensitivity(today, plans)
    show_other_days(path, plans)
    if images:
        images.mkdir(parents=True, exist_ok=True)
        timeline = timeline_png([others[1], best.outcome, seer], OBJECTIVE)
        (images / "autoscaling-day.png").write_bytes(timeline)
        drawn = [o for o in (*others, best.outcome, seer) if o.within > 0.9]
        trade_off = trade_off_png(drawn, SHARE)
        (images / "autoscaling-trade-off.png").write_bytes(trade_off)


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hour", type=Path, help="AzureLLMInferenceTrace_conv.csv or one like it")
    parser.add_argument("--images", type=Path, help="folder for the plots")
    arguments = parser.parse_args()
    show_hour(arguments.hour)
    show_day(arguments.hour, arguments.images)


if __name__ == "__main__":
    main()
