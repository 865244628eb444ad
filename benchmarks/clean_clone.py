"""The time of a new user: from an empty directory to the first token of `make demo`.

Clones this checkout's HEAD, with a scrubbed environment and, with --cold, empty caches, so that
every package is downloaded. The CPU time is that of every process, which other work on the machine
does not lengthen as much as it does the others.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from table import children_cpu, print_table, spread

PROJECT = Path(__file__).resolve().parent.parent
MIRROR = ("SSL_CERT", "PIP_", "UV_", "NODE_EXTRA_CA", "npm_config_")
"""Prefixes of variables that reaching a package mirror may take; all others are left out."""
ANSWER_STARTS = "What is an endpoint config?"


def first_token(*, cold: bool) -> tuple[float, float, float]:
    """Seconds to the first piece of the answer and to the end of the demo, and those of CPU."""
    used = children_cpu()
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory) / "home"
        home.mkdir()
        clone = Path(directory) / "clone"
        environment = {
            **{name: value for name, value in os.environ.items() if name.startswith(MIRROR)},
            "HOME": str(home if cold else Path.home()),
            "PATH": f"{Path(sys.base_prefix) / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "PYTHON": str(Path(sys.base_prefix) / "bin" / "python3"),
        }
        started = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", PROJECT, clone], check=True)
        demo = subprocess.Popen(
            ["make", "demo"], cwd=clone, env=environment, stdout=subprocess.PIPE, bufsize=0
        )
        assert demo.stdout is not None
        seen, first = b"", 0.0
        while piece := demo.stdout.read(1):
            seen += piece
            if (
                not first
                and seen.rpartition(ANSWER_STARTS.encode())[2].strip()
                and (ANSWER_STARTS.encode() in seen)
            ):
                first = time.monotonic() - started
        if demo.wait():
            sys.exit(seen.decode())
        return first, time.monotonic() - started, children_cpu() - used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cold", action="store_true", help="empty caches: download everything")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    runs = [first_token(cold=arguments.cold) for _ in range(arguments.runs)]
    caches = "empty caches" if arguments.cold else "caches as they are"
    print_table(
        f"Clean clone ({caches}, {arguments.runs} runs)",
        [
            ("clone to first token", spread([first for first, _, _ in runs], "s")),
            ("clone to the end of the demo", spread([end for _, end, _ in runs], "s")),
            ("CPU of all of it", spread([cpu for _, _, cpu in runs], "s")),
        ],
    )


if __name__ == "__main__":
    main()
