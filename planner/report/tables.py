"""Outcomes as rows of text, and as a table in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.table import Table

from planner.simulator.outcome import Outcome

Cell = Callable[[Outcome], str]
_LATENCIES: tuple[tuple[str, Callable[[Outcome], tuple[float, float, float]], float], ...] = (
    ("first token {} (s)", lambda outcome: outcome.first_token, 1),
    ("end to end {} (s)", lambda outcome: outcome.end_to_end, 1),
    ("per token {} (ms)", lambda outcome: outcome.per_token, 1000),
)

_TURNED = {
    "within SLO": "in SLO",
    "first token p95 (s)": "TTFT p95",
    "per token p95 (ms)": "TPOT p95",
    "end to end p95 (s)": "E2E p95",
    "errors": "errors",
    "instance-hours": "hours",
    "USD": "USD",
}
"""Rows of the comparison that a turned table has columns for, each with the head of the column."""


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


WIDTH, _LABELS, _BORDER = 80, 22, 3
"""Columns of a terminal that a comparison must fit, of its labels, and of each border."""


def table(outcomes: Sequence[Outcome]) -> Table:
    """Return the comparison for a terminal; where it is too wide, each policy is a row."""
    names = (max(len(outcome.policy), len("100.00%")) for outcome in outcomes)
    if _LABELS + sum(name + _BORDER for name in names) > WIDTH:
        return _turned(outcomes)
    shown = Table()
    shown.add_column("policy", no_wrap=True)
    for outcome in outcomes:
        shown.add_column(outcome.policy, justify="right", no_wrap=True)
    for label, texts in rows(outcomes):
        shown.add_row(label, *texts)
    return shown


def _turned(outcomes: Sequence[Outcome]) -> Table:
    columns = dict(rows(outcomes))
    shown = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    shown.add_column("policy", no_wrap=True)
    for short in _TURNED.values():
        shown.add_column(short, justify="right", no_wrap=True)
    for index, outcome in enumerate(outcomes):
        shown.add_row(outcome.policy, *(columns[label][index] for label in _TURNED))
    return shown
