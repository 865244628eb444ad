"""Control groups (v1 or v2) for a process under test: a share of a core, a limit of memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
FULL_VCPU_MB = 1769
"""docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html."""
PERIOD_US = 20_000


def cpu(memory_mb: int | None) -> dict[str, object]:
    """Return the settings for the CPU share of a memory size; None is all there is.

    The weights let the group have its share before other work of the machine.
    """
    quota = memory_mb and PERIOD_US * memory_mb // FULL_VCPU_MB
    return {
        "cpu.weight": 10_000,
        "cpu.shares": 262_144,
        "cpu.max": f"{quota or 'max'} {PERIOD_US}",
        "cpu.cfs_period_us": PERIOD_US,
        "cpu.cfs_quota_us": quota or -1,
    }


def memory(memory_mb: int | None) -> dict[str, object]:
    """Return the settings for a limit of memory, which nothing may leave for a swap."""
    limit = memory_mb and memory_mb * 2**20
    return {
        "memory.max": limit or "max",
        "memory.swap.max": 0,
        "memory.limit_in_bytes": limit or -1,
        "memory.swappiness": 0,
    }


class Group:
    """A group of one controller below this process's own; without the right to one, none."""

    def __init__(self, controller: str, unlimited: Mapping[str, object]) -> None:
        below = ROOT / controller
        if below.is_dir():  # v1, where each controller has a tree of groups
            below /= own_group(controller)
        else:
            below = ROOT
        self.path: Path | None = below / f"benchmark-{os.getpid()}"
        try:
            self.path.mkdir(exist_ok=True)
            self.limit(unlimited)
        except OSError as error:
            print(f"no control group of {controller}: {error}", file=sys.stderr)
            self.remove()
            self.path = None

    def limit(self, settings: Mapping[str, object]) -> None:
        """Set those of some settings that this version has, of which there must be one."""
        if self.path is None:
            return
        files = {self.path / name: value for name, value in settings.items()}
        known = [file for file in files if file.exists()]
        if not known:
            raise OSError(f"{self.path} has none of {', '.join(settings)}")
        for file in known:
            file.write_text(str(files[file]))

    def join(self) -> None:
        """Move the calling process into the group."""
        if self.path is not None:
            (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self) -> None:
        """Delete the group, which must be empty."""
        if self.path is not None:
            with suppress(FileNotFoundError):
                self.path.rmdir()


def own_group(controller: str) -> str:
    """Return this process's group in a tree of v1; "" where the tree is seen from that group."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(",") and (ROOT / controller / path[1:]).is_dir():
            return path[1:]
    return ""
