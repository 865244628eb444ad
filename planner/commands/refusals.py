"""Refusals of a plan at the command line: one line on standard error, status 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from planner.errors import PlanError, reason


@contextmanager
def named_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Print a plan's refusal in a line on standard error and exit with status 2.

    Args:
        kinds: errors of other rooms whose message reads by itself, beside PlanError and OSError.
    """
    refusals: tuple[type[Exception], ...] = (PlanError, OSError, *kinds)
    try:
        yield
    except refusals as error:
        told = f"{error.filename}: {reason(error)}" if isinstance(error, OSError) else error
        typer.echo(f"error: {told}", err=True)
        raise typer.Exit(2) from None


def check_new_file(path: Path | None) -> None:
    """Refuse a file to write before anything is worked out for it.

    Raises:
        PlanError: it is there, or its folder is not.
    """
    if path is not None and path.exists():
        raise PlanError(f"{path}: got a file that is there; must be a new one")
    if path is not None and not path.parent.is_dir():
        raise PlanError(f"{path}: got no folder {str(path.parent)!r}; must be in one that is there")
