"""Times of `twin synth` when every package is built: whole stages, and two stacks alone.

A time is that of the command, as a person waits for it; beside it stands its CPU time, of all its
processes, which other work on the machine does not lengthen as much.

    .venv/bin/python benchmarks/synth.py [--runs 3]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from table import children_cpu, print_table, spread

from twin.environment import PROJECT, inherited

OTHERS = re.compile(
    r"^\[+(async|batch|retrieval)\b.*?(?=^\[+(?!\1\b)\w|\Z)", re.DOTALL | re.MULTILINE
)
"""Sections whose stacks are neither API nor serving."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    rows = []
    for stage in ("local", "prod"):
        rows.append((stage, repeated(stage, runs=runs)))
        rows.append((f"{stage}, and CDK's validator", repeated(stage, "--validate", runs=runs)))
        with two_stacks(stage) as small:
            rows.append((f"{stage}, API and serving alone", repeated(small, runs=runs)))
    print_table(f"twin synth ({runs} runs)", rows)


@contextmanager
def two_stacks(stage: str) -> Iterator[str]:
    """Write the config of a stage with API and serving alone; give its name."""
    source = PROJECT / "config" / f"{stage}.toml"
    small = source.with_stem(f"{stage}-two-stacks")
    small.write_text(OTHERS.sub("", source.read_text()))
    try:
        yield small.stem
    finally:
        small.unlink()


def repeated(stage: str, *options: str, runs: int) -> str:
    """Return the times of a synth in words."""
    synth(stage, *options)  # builds what is not built yet
    seconds, cpu = zip(*(synth(stage, *options) for _ in range(runs)), strict=True)
    return f"{spread(seconds, 's')}, CPU {spread(cpu, 's')}"


def synth(stage: str, *options: str) -> tuple[float, float]:
    """Return the seconds of a synth, and those of CPU."""
    twin = Path(sys.executable).with_name("twin")
    with tempfile.TemporaryDirectory() as output:
        used, started = children_cpu(), time.monotonic()
        done = subprocess.run(
            [twin, "synth", "--stage", stage, *options, "--", "--quiet", "--output", output],
            cwd=PROJECT,
            env=inherited(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(done.stderr)
        return time.monotonic() - started, children_cpu() - used


if __name__ == "__main__":
    main()
