"""The command `twin plan recommend`: needs out of a file or a conversation, and the answer."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planner.commands.refusals import check_new_file, named_errors
from planner.errors import PlanError

if TYPE_CHECKING:
    from planner.recommend.recommendation import Recommendation

MISSED_STATUS = 3
"""The exit status of an answer that does not keep the budget."""

_STAGE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,22}[A-Za-z0-9])?")


def recommend_deployment(
    needs: Annotated[Path | None, typer.Argument(help="TOML file of needs; left out, asks")] = None,
    trace: Annotated[Path | None, typer.Option(help="requests, to simulate")] = None,
    config: Annotated[Path | None, typer.Option(help="config.json of the model")] = None,
    out: Annotated[Path | None, typer.Option(help="file for the stage: config/NAME.toml")] = None,
    report: Annotated[Path | None, typer.Option(help="file for a page, .html")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Recommend type, topology, instance, count, quantization and scaling, with the arithmetic."""
    from stacks.config import ConfigError

    with named_errors(ConfigError):
        check_new_file(out)
        check_new_file(report)
        table = _asked() if needs is None else _read(needs)
        found = _recommended(table, trace, config, _stage(out))
        _write(found, out, report)
    _show(found, as_json=as_json)
    if found.missed:
        raise typer.Exit(MISSED_STATUS)


def _stage(out: Path | None) -> str:
    name = "recommended" if out is None else out.stem
    if out is not None and (out.suffix != ".toml" or not _STAGE.fullmatch(name)):
        raise PlanError(
            f"out: got {str(out)!r}; must be like config/NAME.toml, with a name of letters, digits "
            "and dashes"
        )
    return name


def _read(path: Path) -> dict[str, Any]:
    from planner.recommend.needs import read_table

    return read_table(path)


def _asked() -> dict[str, Any]:
    """Ask for the needs that decide most; a file has room for all of them."""
    if not sys.stdin.isatty():
        raise PlanError("needs: got no file, and nobody to ask; must be a TOML file of needs")
    table: dict[str, Any] = {
        "model": typer.prompt("Model (name, directory, GGUF file or hub id)"),
        "tokens_in": typer.prompt("Tokens of a prompt, on average", type=int),
        "tokens_out": typer.prompt("Tokens of an answer, on average", type=int),
        "requests_per_day": typer.prompt("Requests a day", type=float),
        "waits": typer.confirm("Does somebody wait for each answer?", default=True),
    }
    if table["waits"]:
        table["first_token_seconds"] = typer.prompt("Longest wait for the first token, s", 2.0)
        table["per_token_ms"] = typer.prompt("Longest time per further token, ms", 100.0)
        if typer.confirm("Only in office hours, Monday to Friday 8 to 18?", default=False):
            waits = typer.confirm("May a first caller outside of them wait for a start?", True)
            outside = "may-wait" if waits else "at-once"
            table |= {"opens": 8, "closes": 18, "days": "MON-FRI", "outside_hours": outside}
    else:
        table["within_minutes"] = typer.prompt("Longest time to a result, minutes", 60.0)
        table["bursts_per_day"] = typer.prompt("In how many bursts a day do they come", 3)
    if typer.confirm("Were answers of 4-bit weights (AWQ) evaluated, and good enough?", False):
        table["evaluated"] = ["awq"]
    return table


def _recommended(
    table: dict[str, Any], trace: Path | None, config: Path | None, stage: str
) -> Recommendation:
    from planner.recommend.decide import recommend
    from planner.recommend.needs import needs

    if trace is None:
        return recommend(needs(table), stage=stage, config=config)
    from planner.recommend.simulated import read, simulated, traced

    arrivals = read(trace)
    found = needs(traced(table, arrivals))
    return recommend(
        found,
        stage=stage,
        config=config,
        refine=lambda options: simulated(found, options, arrivals),
    )


def _write(found: Recommendation, out: Path | None, report: Path | None) -> None:
    from planner.report.recommendation import page

    if out is not None and found.config is None:
        raise PlanError(f"out: got {str(out)!r}; must be left out: {found.topology.reason}")
    if out is not None:
        out.write_text(found.config or "", encoding="utf-8")
    if report is not None:
        report.write_text(page(found), encoding="utf-8")


def _show(found: Recommendation, *, as_json: bool) -> None:
    from planner.report.recommendation import document, lines

    if as_json:
        typer.echo(json.dumps(document(found), indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    # Texts name sections of the config, as in [async], which is no markup.
    console, shown = Console(markup=False), Table(box=None, padding=(0, 1, 1, 0), show_header=False)
    shown.add_column("", no_wrap=True, style="bold")
    for row in lines(found):
        shown.add_row(*row)
    console.print(found.title, style="bold", highlight=False)
    console.print(shown)
    if found.config is not None:
        console.print(found.config, highlight=False, soft_wrap=True)
