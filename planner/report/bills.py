"""Bills for people and programs: a table a load, and a document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from planner.billing.line import Line
from planner.billing.load import DAY, HOUR, MONTH
from planner.billing.stage_bill import Bill

_TIMES = {"hour": HOUR, "day": DAY, "month": MONTH}

# From these on a table shows no hundredths, so that 80 columns hold a row; the document does.
_LARGE, _DEAR = 1e9, 1e5


def bill_tables(bills: list[Bill]) -> Iterator[Table]:
    """Yield a table for each load: what is paid for in a month, quantity times price."""
    for bill in bills:
        shown = Table(
            title=_title(bill),
            title_justify="left",
            box=None,
            padding=(0, 1, 0, 0),
            pad_edge=False,
            header_style="bold",
        )
        shown.add_column("a month of", no_wrap=True)
        for head in ("quantity", "unit", "USD each", "USD"):
            shown.add_column(head, justify="left" if head == "unit" else "right", no_wrap=True)
        for line in bill.lines:
            shown.add_row(*_cells(line.times(MONTH)))
        sums = ", ".join(f"{bill.usd(hours):,.2f} a {name}" for name, hours in _TIMES.items())
        shown.caption, shown.caption_justify = f"{sums}\n", "left"
        yield shown


def _title(bill: Bill) -> str:
    """Return the load in words: the instances that run, or the function in their place."""
    hosts = [line for line in bill.lines if line.unit == "instance-hours"]
    running = [f"{_count(each)} {each.name.partition(',')[0]}" for each in hosts if each.quantity]
    noun = "instance" if sum(each.quantity for each in hosts) == 1 else "instances"
    told = f"{', '.join(running) or 'no'} {noun}" if hosts else "one function with the model"
    return f"{bill.load.name}: {told}, {bill.load.requests_per_hour:,.0f} requests an hour"


def _count(line: Line) -> str:
    return f"{line.quantity:.2f}".rstrip("0").rstrip(".")


def _cells(line: Line) -> tuple[str, ...]:
    mark = "*" if line.price.derived else ""
    each = f"{line.price.usd:.10f}".rstrip("0").rstrip(".")
    quantity = f"{line.quantity:,.{0 if line.quantity >= _LARGE else 2}f}"
    usd = f"{line.usd:,.{0 if line.usd >= _DEAR else 2}f}"
    return line.name, quantity, line.unit, f"{each}{mark}", usd


def document(stage: str, source: str, bills: list[Bill]) -> dict[str, Any]:
    """Return bills as types that JSON has; lines are of a month of 730 hours."""
    return {
        "stage": stage,
        "prices": source,
        "loads": [
            {
                "load": bill.load.name,
                "usd": {name: round(bill.usd(hours), 4) for name, hours in _TIMES.items()},
                "lines": [_line(line.times(MONTH)) for line in bill.lines],
            }
            for bill in bills
        ],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "quantity": line.quantity,
        "unit": line.unit,
        "usd_each": line.price.usd,
        "usd": line.usd,
        "source": line.price.source,
        "derived": line.price.derived,
    }
