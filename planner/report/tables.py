"""Outcomes for people: a table in the terminal, and one HTML file that needs no other."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Sequence
from pathlib import Path
from string import Template

from rich.table import Table

from planner.report.plots import timeline_png, trade_off_png
from planner.simulator.outcome import Objective, Outcome

Cell = Callable[[Outcome], str]
_LATENCIES: tuple[tuple[str, Callable[[Outcome], tuple[float, float, float]], float], ...] = (
    ("first token {} (s)", lambda outcome: outcome.first_token, 1),
    ("end to end {} (s)", lambda outcome: outcome.end_to_end, 1),
    ("per token {} (ms)", lambda outcome: outcome.per_token, 1000),
)


def rows(outcomes: Sequence[Outcome]) -> list[tuple[str, list[str]]]:
    """Return what to show, a label and a text per outcome."""
    cells: list[tuple[str, Cell]] = [("within SLO", lambda outcome: f"{outcome.within:.2%}")]
    for label, latency, factor in _LATENCIES:
        for index, quantile in enumerate(("p50", "p95", "p99")):
            cells.append((label.format(quantile), _latency(latency, index, factor)))
    cells += [
        ("errors", lambda outcome: str(sum(outcome.errors.values()))),
        ("instance-hours", lambda outcome: f"{outcome.instance_hours:.1f}"),
        ("GPU-hours", lambda outcome: f"{outcome.gpu_hours:.1f}"),
        ("USD", lambda outcome: f"{outcome.usd:.2f}"),
        ("most in service", lambda outcome: str(outcome.peak)),
        ("capacity changes", lambda outcome: str(outcome.activities)),
    ]
    if any(outcome.put_off for outcome in outcomes):
        cells.append(("answered later", lambda outcome: str(outcome.put_off)))
    kinds = [kind for kind in outcomes[0].errors if any(o.errors[kind] for o in outcomes)]
    cells += [(f"errors: {kind}", _errors(kind)) for kind in kinds]
    return [(label, [cell(outcome) for outcome in outcomes]) for label, cell in cells]


def _latency(
    latency: Callable[[Outcome], tuple[float, float, float]], index: int, factor: float
) -> Cell:
    return lambda outcome: f"{factor * latency(outcome)[index]:.3g}"


def _errors(kind: str) -> Cell:
    return lambda outcome: str(outcome.errors[kind])


_PAGE = Template("""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>$title</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px }
th, td { border-bottom: 1px solid #ccc; padding: .3rem .6rem; text-align: right }
th:first-child, td:first-child { text-align: left }
img { max-width: 100% } pre { background: #f5f5f5; padding: 1rem }
</style>
<h1>$title</h1>
<p>$summary</p>
<table>$head$rows</table>
$config
<h2>Over time</h2><img alt="requests, instances and latency over time" src="$timeline">
<h2>Cost and quality</h2><img alt="share within the objective against hours" src="$trade_off">
</html>
""")


def table(outcomes: Sequence[Outcome]) -> Table:
    """Return the comparison for a terminal."""
    shown = Table("policy")
    for outcome in outcomes:
        shown.add_column(outcome.policy, justify="right", no_wrap=True)
    for label, texts in rows(outcomes):
        shown.add_row(label, *texts)
    return shown


def write(
    folder: Path,
    outcomes: Sequence[Outcome],
    objective: Objective,
    *,
    summary: str,
    share: float,
    config: str = "",
) -> Path:
    """Write simulation.png and report.html; return the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    timeline = timeline_png(outcomes, objective)
    (folder / "simulation.png").write_bytes(timeline)
    page = _PAGE.substitute(
        title="Scaling policies compared",
        summary=html.escape(summary),
        head=_row("th", "policy", [outcome.policy for outcome in outcomes]),
        rows="".join(_row("td", label, texts) for label, texts in rows(outcomes)),
        config=f"<h2>Config</h2><pre>{html.escape(config)}</pre>" if config else "",
        timeline=_embedded(timeline),
        trade_off=_embedded(trade_off_png(outcomes, share)),
    )
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def _row(tag: str, label: str, texts: Sequence[str]) -> str:
    cells = "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in (label, *texts))
    return f"<tr>{cells}</tr>"


def _embedded(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
