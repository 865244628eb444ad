"""Requests as arrays, and reading them from a trace file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.errors import PlanError

COLUMNS = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
BURSTGPT = ("Timestamp", "Request tokens", "Response tokens")
"""Columns of https://github.com/HPMLL/BurstGPT, whose times are seconds from the first day on."""

CHUNK = 50_000
_MOST_TOKENS = 10_000_000
_MOST_DIGITS = len(str(_MOST_TOKENS))
_LONGEST_GAP = 7 * 86_400
_YEARS = range(2000, 2100)
_SHOWN = 60
_LONGEST_TRACE = 10 * 365 * 86_400.0
MONDAY = 1_767_571_200.0
"""2026-01-05 00:00 UTC: when traffic begins whose times are seconds from the first."""

Columns = tuple[str, str, str]
Picks = tuple[int, int, int]


@dataclass(frozen=True)
class Arrivals:
    """A stretch of requests in order of arrival.

    Attributes:
        times: epoch seconds.
        context: prompt tokens, from 1.
        generated: answer tokens, from 1.
    """

    times: NDArray[np.float64]
    context: NDArray[np.int64]
    generated: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.times)


def read_trace(path: Path) -> Iterator[Arrivals]:
    """Read a trace in chunks, so that its length does not matter.

    The format is that of https://github.com/Azure/AzurePublicDataset: a header, then one request a
    line, in order of time, which counts as UTC where it has no zone. Blank lines are skipped.
    BurstGPT's columns are read as well; its failed requests, without an answer, are left out.

    Raises:
        PlanError: what is wrong, with the line it is on.
    """
    buffer: list[tuple[float, int, int]] = []
    for request in _requests(path):
        buffer.append(request)
        if len(buffer) == CHUNK:
            yield _arrivals(buffer)
            buffer = []
    if buffer:
        yield _arrivals(buffer)


def _requests(path: Path) -> Iterator[tuple[float, int, int]]:
    if not path.is_file():
        raise PlanError(f"trace: got {str(path)!r}; must be a file")
    # What is no text becomes \\x.., and is refused where a number was expected.
    with path.open(newline="", encoding="utf-8-sig", errors="backslashreplace") as file:
        rows = csv.reader(file)
        try:
            lines = (row for row in rows if any(value.strip() for value in row) or len(row) > 1)
            names, picks = _columns(path.name, next(lines, []))
            previous = None
            for row in lines:
                where = f"{path.name}, line {rows.line_num}"
                if names is BURSTGPT and len(row) > max(picks) and row[picks[2]].strip() == "0":
                    continue
                request = _request(where, row, names, picks, previous)
                previous = request[0]
                yield request
        except csv.Error as error:
            raise PlanError(
                f"{path.name}, line {rows.line_num}: got {error}; must be comma-separated values"
            ) from error
    if previous is None:
        raise PlanError(f"{path.name}: got no requests; must have at least one line")


def _columns(name: str, header: list[str]) -> tuple[Columns, Picks]:
    if all(column in header for column in BURSTGPT):
        first, second, third = (header.index(column) for column in BURSTGPT)
        return BURSTGPT, (first, second, third)
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise PlanError(
            f"{name}, line 1: got columns {_shown(','.join(header))}; "
            f"must have {', '.join(COLUMNS)} (missing: {', '.join(missing)}), or BurstGPT's "
            f"{', '.join(BURSTGPT)}"
        )
    time, context, generated = (header.index(column) for column in COLUMNS)
    return COLUMNS, (time, context, generated)


def _request(
    where: str, row: list[str], names: Columns, picks: Picks, previous: float | None
) -> tuple[float, int, int]:
    if len(row) <= max(picks):
        raise PlanError(f"{where}: got {len(row)} values; must have one for each column")
    text = row[picks[0]]
    time = _time(where, text) if names is COLUMNS else _seconds(where, text)
    if previous is not None and not 0 <= time - previous <= _LONGEST_GAP:
        fault = "before the line above" if time < previous else "more than a week after it"
        raise PlanError(f"{where}: got {_shown(text)}, {fault}; lines must be in order of time")
    return (
        time,
        _tokens(where, names[1], row[picks[1]]),
        _tokens(where, names[2], row[picks[2]]),
    )


def _time(where: str, text: str) -> float:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise PlanError(
            f"{where}: {COLUMNS[0]}: got {_shown(text)}; must be like 2023-11-16 18:15:46.68"
        ) from error
    if time.year not in _YEARS:
        raise PlanError(
            f"{where}: {COLUMNS[0]}: got {_shown(text)}; "
            f"must be in a year from {_YEARS[0]} to {_YEARS[-1]}"
        )
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _seconds(where: str, text: str) -> float:
    """Return a time that is said as seconds from the beginning; the days begin as ours do."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _LONGEST_TRACE:
        raise PlanError(
            f"{where}: {BURSTGPT[0]}: got {_shown(text)}; must be seconds, 0 to {_LONGEST_TRACE:g}"
        )
    return MONDAY + seconds


def _tokens(where: str, column: str, text: str) -> int:
    if not text.isdecimal() or len(text) > _MOST_DIGITS or not 1 <= int(text) <= _MOST_TOKENS:
        raise PlanError(
            f"{where}: {column}: got {_shown(text)}; must be 1 to {_MOST_TOKENS} tokens"
        )
    return int(text)


def _shown(text: str) -> str:
    """Quote the beginning of what may be anything."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


def _arrivals(buffer: list[tuple[float, int, int]]) -> Arrivals:
    times, context, generated = zip(*buffer, strict=True)
    return Arrivals(np.array(times), np.array(context), np.array(generated))
