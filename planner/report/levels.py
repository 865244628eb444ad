"""Levels of a calibration for people: measured, fitted and from data sheets."""

from __future__ import annotations

from rich.table import Table

from planner.fit.calibrated import Calibration


def level_table(found: Calibration) -> Table:
    """Return a table with a row a level of the measurement."""
    shown = Table()
    for head in ("C", "in", "out", "E2E measured (s)", "fitted", "data sheets"):
        shown.add_column(head, justify="right")
    for point, after, before in zip(found.points, found.fitted, found.estimated, strict=True):
        shown.add_row(
            str(point.concurrency),
            str(point.context),
            str(point.generated),
            f"{point.end_to_end:.2f}",
            f"{point.end_to_end * (1 + after):.2f} ({after:+.1%})",
            f"{point.end_to_end * (1 + before):.2f} ({before:+.1%})",
        )
    return shown
