"""Medians of several runs as a Markdown table, with the machine they were taken on."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil


def machine() -> str:
    """One line: date, processor, cores, Python, and the time of a loop as this core has it now.

    Virtual machines of one name differ by half, and one from an hour to the next: times are worth
    comparing where that loop takes the same.
    """
    names = [platform.processor() or platform.machine()]
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        names = [line.partition(":")[2].strip() for line in found[:1]] or names
    today = datetime.now(UTC).date()
    python = f"Python {platform.python_version()}"
    loop = f"{LOOP} in {loop_ms():.0f} ms"
    return f"{today}, {names[0]}, {os.cpu_count()} cores, {python}, {loop}"


LOOP = "2 M additions"


def loop_ms() -> float:
    """Return the milliseconds of a loop of so many additions in Python, as this core has it now."""
    began, total = time.perf_counter(), 0
    for number in range(2_000_000):
        total += number
    return (time.perf_counter() - began) * 1e3


def children_cpu() -> float:
    """Return the CPU seconds of all processes that have ended below this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak_mb(process: psutil.Process) -> float:
    """Return the most memory that a process has had resident, in MB as Lambda counts."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def spread(values: Sequence[float], unit: str, digits: int = 1) -> str:
    """`median unit (min-max)`."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} {unit} ({low:.{digits}f}-{high:.{digits}f})"


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of them is not above."""
    return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))]


def print_table(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """A two-column table below its title and the machine."""
    print(f"\n{title}\n{machine()}\n\n| what | median (min-max) |\n|---|---|")
    for name, value in rows:
        print(f"| {name} | {value} |")
