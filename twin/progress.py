"""Progress in the terminal: a line for each step, with its duration."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

console = Console(highlight=False)
errors = Console(highlight=False, stderr=True)
"""Console of commands whose standard output is their result."""

Detail = Callable[[str], None]
"""Callback for the present work of a step; a terminal shows the text beside the title."""


@contextmanager
def step(title: str, on: Console = console) -> Iterator[Detail]:
    """Show the title of a running step, then its duration, or that the step failed.

    In a terminal the line is alive and carries the latest detail; elsewhere (a CI log) there is one
    line at the start of the step and one at its end.

    Args:
        title: Of the step.
        on: Where it is shown.
    """
    started = time.monotonic()
    if not on.is_terminal:
        on.print(f"... {title}")
    try:
        with on.status(title) as status:
            yield lambda text: status.update(f"{title}  [dim]{escape(text[:100])}[/dim]")
    except BaseException:
        on.print(f"[red]✗[/red] {title}  [dim]{time.monotonic() - started:.1f} s[/dim]")
        raise
    on.print(f"[green]✓[/green] {title}  [dim]{time.monotonic() - started:.1f} s[/dim]")
