"""Shows a person what is happening: a line for each step, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

console = Console(highlight=False)

Detail = Callable[[str], None]
"""Tells what the step is doing now; shown beside it in a terminal."""


@contextmanager
def step(title: str) -> Iterator[Detail]:
    """Show a step while it runs, then its time, or that it failed.

    In a terminal the line is alive and carries the latest detail; elsewhere (a CI log) there is one
    line when the step starts and one when it ends.
    """
    started = time.monotonic()
    if not console.is_terminal:
        console.print(f"... {title}")
    try:
        with console.status(title) as status:
            yield lambda text: status.update(f"{title}  [dim]{escape(text[:100])}[/dim]")
    except BaseException:
        console.print(f"[red]✗[/red] {title}  [dim]{time.monotonic() - started:.1f} s[/dim]")
        raise
    console.print(f"[green]✓[/green] {title}  [dim]{time.monotonic() - started:.1f} s[/dim]")
