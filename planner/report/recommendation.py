"""A recommendation for people and programs: lines, a document, and a page of its own."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import asdict
from string import Template
from typing import Any

from planner.recommend.recommendation import Recommendation

_PAGE = Template("""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Recommended deployment</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
pre { background: #f5f5f5; padding: 1rem; overflow-x: auto } dt { font-weight: 600 }
</style>
<h1>$title</h1><dl>$lines</dl>
<h2>Needs</h2><pre>$needs</pre>
<h2>Config</h2><pre>$config</pre>
</html>
""")

_NO_CONFIG = "none: this project deploys no business logic in the model's container"


def lines(found: Recommendation) -> Iterator[tuple[str, str]]:
    """Yield headings and texts in the order of reading: the answer, why, and what else."""
    best, held = found.best, found.topology.function
    pace = found.topology.pace or best.pace
    yield "type", best.kind
    yield "topology", f"{found.topology.name}: {found.topology.reason}"
    yield (
        "instances",
        f"none, the function holds {held.format} weights" if held else f"{best.name} weights",
    )
    yield "scaling", found.scaling
    if pace is not None:
        yield (
            "expected",
            f"first token {pace.first_token:.3g} s, then {1000 * pace.per_token:.3g} ms a token, "
            f"whole answer {pace.answer:.3g} s",
        )
    instances = 0.0 if held else best.usd
    yield (
        "cost",
        f"{instances:,.0f} USD a month of instances + {found.topology.door_usd:,.2f} of front door "
        f"({found.other_topology.name}: {found.other_topology.door_usd:,.2f}); {found.prices}",
    )
    for sum_ in () if held else best.sums:
        yield "because", sum_
    yield "runner-up", found.runner_up
    for name in ("alternatives", "changes", "notes"):
        for text in getattr(found, name):
            yield name.removesuffix("s"), text
    if found.config is None:
        yield "config", _NO_CONFIG


def document(found: Recommendation) -> dict[str, Any]:
    """Return everything that is known of a recommendation, of types that JSON has."""
    best, speed = found.best, found.best.candidate.serving.speed
    held = found.topology.function
    pace = found.topology.pace or best.pace
    return {
        "needs": found.needs.model_dump(exclude_none=True),
        "type": best.kind,
        "topology": asdict(found.topology),
        "other_topology": asdict(found.other_topology),
        "instance": None if held else best.candidate.instance,
        "instances": {"least": 0, "most": 0} if held else {"least": best.least, "most": best.most},
        "quantization": held.format if held else best.candidate.format,
        "scaling": found.scaling,
        "expected": asdict(pace) if pace else None,
        "usd_per_month": {
            "instances": 0.0 if held else round(best.usd, 2),
            "front_door": round(found.topology.door_usd, 2),
        },
        "instance_hours_per_month": 0.0 if held else round(best.hours, 2),
        "requests_per_month": round(found.demand.requests),
        "because": [] if held else list(best.sums),
        "runner_up": found.runner_up,
        "alternatives": list(found.alternatives),
        "changes": list(found.changes),
        "notes": list(found.notes),
        "provenance": {
            "speed": {"measured": speed.measured, "source": speed.source},
            "price": found.prices,
            "model": best.candidate.serving.model.source,
        },
        "config": found.config,
        "missed": found.missed,
    }


def page(found: Recommendation) -> str:
    """Return the recommendation as one HTML file."""
    told = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>" for name, text in lines(found)
    )
    asked = found.needs.model_dump(exclude_none=True, exclude_defaults=True)
    return _PAGE.substitute(
        title=html.escape(found.title),
        lines=told,
        needs=html.escape("\n".join(f"{name} = {value}" for name, value in asked.items())),
        config=html.escape(found.config or _NO_CONFIG),
    )
