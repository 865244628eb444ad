"""Measurements of the contenders, and a table of all."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

import psutil


@dataclass
class Contender:
    """A server under test, with the measurements taken."""

    name: str
    port: int
    process: psutil.Process
    latency: list[float] = field(default_factory=list)
    cpu_request: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    cpu_token: list[float] = field(default_factory=list)
    cpu_whole: list[float] = field(default_factory=list)

    def forget(self) -> None:
        """Drop what a warm-up measured."""
        for values in (
            self.latency,
            self.cpu_request,
            self.first,
            self.cpu_token,
            self.cpu_whole,
        ):
            values.clear()


def table(contenders: list[Contender], direct: list[float]) -> str:
    def row(cells: list[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    def cell(values: list[float], base: list[float], offset: float = 0.0) -> str:
        value, reference = (statistics.median(v) - offset for v in (values, base))
        ratio = statistics.median(
            # A round of the base may cost less than the clock of CPU time can tell.
            (v - offset) / (b - offset)
            for v, b in zip(values, base, strict=True)
            if b > offset
        )
        return f"{value * 1000:.2f} ({ratio:.2f}x)" if reference > 0 else f"{value * 1000:.2f}"

    bare = contenders[0]
    floor = statistics.median(direct)
    lines = [
        row(
            [
                "",
                "latency p50, ms",
                "CPU a request, ms",
                "added TTFT p50, ms",
                "CPU a streamed token, ms",
                "CPU a whole answer, ms",
            ]
        ),
        row(["---", "--:", "--:", "--:", "--:", "--:"]),
    ]
    for one in contenders:
        cells = [
            cell(one.latency, bare.latency),
            cell(one.cpu_request, bare.cpu_request),
            cell(one.first, bare.first, floor),
            cell(one.cpu_token, bare.cpu_token),
            cell(one.cpu_whole, bare.cpu_whole),
        ]
        lines.append(row([one.name, *cells]))
    return "\n".join(lines)
