"""The command: `twin plan simulate`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from planner.errors import PlanError
from planner.plan import PlanRequest, simulate
from planner.report import tables as report
from planner.simulator.outcome import Objective
from stacks.config import ConfigError

app = typer.Typer(no_args_is_help=True, help="Decide before money is spent.")

STREAM_LIMIT, SYNC_LIMIT = 480.0, 60.0
"""Seconds after which SageMaker ends a request, streamed or not.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""


@app.callback()
def plan() -> None:
    """Decide before money is spent."""


@app.command("simulate")
def simulate_policies(
    trace: Annotated[Path | None, typer.Option(help="CSV of TIMESTAMP,ContextTokens,...")] = None,
    traffic: Annotated[str, typer.Option(help="poisson, bursty or diurnal")] = "poisson",
    rate: Annotated[float, typer.Option(help="generated requests per second")] = 5.0,
    hours: Annotated[float, typer.Option(help="of generated traffic")] = 1.0,
    model: Annotated[str, typer.Option(help="name in the catalogue")] = "llama-3.1-8b",
    instance: Annotated[str, typer.Option(help="instance type")] = "ml.g5.2xlarge",
    stage: Annotated[str | None, typer.Option(help="take instance and policy from it")] = None,
    policy: Annotated[
        list[str] | None, typer.Option(help="book, aws-sample, load-test, fixed:N or METRIC:TARGET")
    ] = None,
    compare: Annotated[bool, typer.Option(help="set the known policies side by side")] = False,
    find: Annotated[bool, typer.Option("--search", help="find the cheapest policy")] = False,
    learn_from: Annotated[Path | None, typer.Option(help="trace of another day")] = None,
    first_token: Annotated[float, typer.Option(help="SLO, seconds")] = 2.0,
    per_token: Annotated[float, typer.Option(help="SLO, seconds")] = 0.1,
    share: Annotated[float, typer.Option(help="of requests within the SLO")] = 0.99,
    sync: Annotated[bool, typer.Option(help="no streams: SageMaker's limit is 60 s")] = False,
    cold_start: Annotated[str | None, typer.Option(help="hold, reject or queue")] = None,
    seed: Annotated[int, typer.Option(help="same seed, same result")] = 0,
    out: Annotated[Path | None, typer.Option(help="folder for report.html and the plot")] = None,
) -> None:
    """Predict latency, errors and cost of scaling policies under real or made-up traffic."""
    with _named_errors():
        request = PlanRequest(
            trace=trace,
            generated={"kind": traffic, "rate": rate, "duration": hours * 3600, "seed": seed},
            model=model,
            instance=instance,
            stage=stage,
            policies=tuple(policy or ()),
            compare=compare,
            find=find,
            learn_from=learn_from,
            objective=Objective(first_token, per_token, SYNC_LIMIT if sync else STREAM_LIMIT),
            share=share,
            cold_start=cold_start,
            seed=seed,
        )
        _present(request, out)


@contextmanager
def _named_errors() -> Iterator[None]:
    """Print a plan's refusal in a line on standard error and exit with status 2."""
    try:
        yield
    except (PlanError, ConfigError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None


def _present(request: PlanRequest, out: Path | None) -> None:
    console = Console()
    if out is not None and out.exists() and not out.is_dir():
        raise PlanError(f"out: got {str(out)!r}; must be a folder, there or not")
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)  # not found out after minutes of simulation
    result = simulate(request, progress=lambda text: console.print(text, style="dim"))
    console.print(result.summary)
    console.print(report.table(result.outcomes))
    if result.config:
        console.print(result.config, markup=False, highlight=False)
    if out is not None:
        page = report.write(
            out,
            result.outcomes,
            request.objective,
            summary=result.summary,
            share=request.share,
            config=result.config,
        )
        console.print(f"report: {page}")
