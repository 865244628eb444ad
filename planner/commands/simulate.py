"""The command `twin plan simulate`: options into a request, a result into tables and files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.commands.refusals import named_errors
from planner.errors import PlanError

if TYPE_CHECKING:
    from planner.plan import PlanRequest
    from planner.plan_result import PlanResult

MISSED_STATUS = 3
"""The exit status of a search in which no policy keeps the objective."""

STREAM_LIMIT, SYNC_LIMIT = 480.0, 60.0
"""Seconds after which SageMaker ends a request, streamed or not.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

ModelName = Annotated[
    str | None, typer.Option(help="name, directory, GGUF or hub id; llama-3.1-8b")
]
StageName = Annotated[
    str | None, typer.Option(help="take model, instance, flags and policy from it")
]
Policies = Annotated[
    list[str] | None, typer.Option(help="book, aws-sample, load-test, fixed:N or METRIC:TARGET")
]
Cached = Annotated[
    float, typer.Option("--prefix-cached", help="share of prompts in the prefix cache, 0 to 1")
]


def simulate_policies(
    trace: Annotated[Path | None, typer.Option(help="CSV of TIMESTAMP,ContextTokens,...")] = None,
    traffic: Annotated[str | None, typer.Option(help="poisson, bursty or diurnal")] = None,
    rate: Annotated[float | None, typer.Option(help="generated requests per second; 5")] = None,
    hours: Annotated[float | None, typer.Option(help="of generated traffic; 1")] = None,
    model: ModelName = None,
    config: Annotated[Path | None, typer.Option(help="config.json of the model")] = None,
    instance: Annotated[str | None, typer.Option(help="instance type; ml.g5.2xlarge")] = None,
    stage: StageName = None,
    policy: Policies = None,
    compare: Annotated[bool, typer.Option(help="set the known policies side by side")] = False,
    find: Annotated[bool, typer.Option("--search", help="find the cheapest policy")] = False,
    learn_from: Annotated[Path | None, typer.Option(help="trace of another day")] = None,
    first_token: Annotated[float, typer.Option(help="SLO, seconds")] = 2.0,
    per_token: Annotated[float, typer.Option(help="SLO, seconds")] = 0.1,
    share: Annotated[float, typer.Option(help="of requests within the SLO")] = 0.99,
    cached: Cached = 0.0,
    speeds: Annotated[Path | None, typer.Option(help="what `calibrate` wrote")] = None,
    sync: Annotated[bool, typer.Option(help="no streams: SageMaker's limit is 60 s")] = False,
    cold_start: Annotated[str | None, typer.Option(help="hold, reject or queue")] = None,
    seed: Annotated[int, typer.Option(help="same seed, same result")] = 0,
    out: Annotated[Path | None, typer.Option(help="folder for report.html and the plot")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document, no tables")] = False,
) -> None:
    """Predict latency, errors and cost of scaling policies under real or made-up traffic."""
    from planner.plan import PlanRequest
    from planner.question import ModelQuestion, traffic_asked
    from planner.simulator.outcome import Objective
    from stacks.config import ConfigError

    with named_errors(ConfigError):
        asked = ModelQuestion(
            model=model, config=config, instance=instance, stage=stage, speeds=speeds, cached=cached
        )
        request = PlanRequest(
            trace=trace,
            generated=traffic_asked(trace, traffic, rate, hours, seed),
            asked=asked,
            policies=tuple(policy or ()),
            compare=compare,
            find=find,
            learn_from=learn_from,
            objective=Objective(first_token, per_token, SYNC_LIMIT if sync else STREAM_LIMIT),
            share=share,
            cold_start=cold_start,
            seed=seed,
        )
        result = _present(request, out, as_json=as_json)
    if result.missed:
        raise typer.Exit(MISSED_STATUS)


def _present(request: PlanRequest, out: Path | None, *, as_json: bool) -> PlanResult:
    from rich.console import Console

    from planner.plan import question, simulate
    from planner.report import tables
    from planner.report.document import document

    if out is not None and out.exists() and not out.is_dir():
        raise PlanError(f"out: got {str(out)!r}; must be a folder, there or not")
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)  # not found out after minutes of simulation
    console = Console(quiet=as_json, markup=False)
    result = simulate(request, progress=lambda text: console.print(text, style="dim"))
    console.print(result.summary)
    for note in result.notes:
        if note != result.ceiling.sentence:  # said before the simulation
            console.print(note)
    console.print(tables.table(result.outcomes))
    if result.config:
        console.print(result.config, highlight=False, soft_wrap=True)
    if as_json:
        typer.echo(json.dumps(document(question(request), request.objective, result), indent=2))
    if out is not None:
        from planner.report import page  # which draws, and takes a second to import

        written = page.write(out, result, request.objective, share=request.share)
        console.print(f"report: {written}")
    return result
