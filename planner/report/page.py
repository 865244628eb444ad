"""A result as one HTML file that needs no other."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from pathlib import Path
from string import Template

from planner.plan_result import PlanResult
from planner.report.document import assumptions
from planner.report.plots import timeline_png, trade_off_png
from planner.report.tables import rows
from planner.simulator.outcome import Objective

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
<ul>$notes</ul>
<table>$head$rows</table>
$config
<h2>Over time</h2><img alt="requests, instances and latency over time" src="$timeline">
<h2>Cost and quality</h2><img alt="share within the objective against hours" src="$trade_off">
<h2>Assumed</h2><table>$assumed</table>
</html>
""")


def write(folder: Path, result: PlanResult, objective: Objective, *, share: float) -> Path:
    """Write simulation.png and report.html; return the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    outcomes, config = result.outcomes, result.config
    timeline = timeline_png(outcomes, objective)
    (folder / "simulation.png").write_bytes(timeline)
    assumed = assumptions(result.endpoint).items()
    page = _PAGE.substitute(
        title="Scaling policies compared",
        summary=html.escape(result.summary),
        notes="".join(f"<li>{html.escape(note)}</li>" for note in result.notes),
        head=_row("th", "policy", [outcome.policy for outcome in outcomes]),
        rows="".join(_row("td", label, texts) for label, texts in rows(outcomes)),
        config=f"<h2>Config</h2><pre>{html.escape(config)}</pre>" if config else "",
        timeline=_embedded(timeline),
        trade_off=_embedded(trade_off_png(outcomes, share)),
        assumed="".join(
            _row("td", name.replace("_", " "), [str(value)]) for name, value in assumed
        ),
    )
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def _row(tag: str, label: str, texts: Sequence[str]) -> str:
    cells = "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in (label, *texts))
    return f"<tr>{cells}</tr>"


def _embedded(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
