"""The sizes of instance types, as inference components share them.

SageMaker publishes no such list. An ML instance type has the hardware of the EC2 type of the same
name (https://aws.amazon.com/sagemaker/ai/pricing/), whose sizes follow rules: a size says how many
vCPUs there are, a family how much memory comes with each. Accelerators follow none, and are listed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from localcloud.sagemaker.instances.errors import DeploymentFailedError

_TYPE = re.compile(r"ml\.(?P<family>[a-z0-9-]+)\.(?P<size>medium|large|(?P<times>\d*)xlarge)")

_VCPUS_OF_XLARGE = 4

_MEMORY = {
    **dict.fromkeys(("c4", "c5", "c5d", "c6g", "c6gd", "c6gn", "c6i", "c6in"), 2),
    **dict.fromkeys(("c7g", "c7i", "c8g", "inf1"), 2),
    **dict.fromkeys(("m4", "m5", "m5d", "m6g", "m6gd", "m6i", "m7i", "m8g"), 4),
    **dict.fromkeys(("g4dn", "g5", "g6", "inf2", "trn1", "trn1n"), 4),
    **dict.fromkeys(("r5", "r5d", "r6g", "r6gd", "r6i", "r7gd", "r7i", "r8g"), 8),
    **dict.fromkeys(("g6e", "g7e"), 8),
    **dict.fromkeys(("p4d", "p4de"), 12),
    **dict.fromkeys(("p5", "p5e", "p5en", "p6-b200"), 10),
}
"""GiB for each vCPU, by family."""

_ACCELERATORS = {
    "g4dn": {"12": 4},
    "g5": {"12": 4, "24": 4, "48": 8},
    "g6": {"12": 4, "24": 4, "48": 8},
    "g6e": {"12": 4, "24": 4, "48": 8},
    "g7e": {"12": 2, "24": 4, "48": 8},
    "inf1": {"6": 4, "24": 16},
    "inf2": {"24": 6, "48": 12},
    "p4d": {"24": 8},
    "p4de": {"24": 8},
    "p5": {"48": 8},
    "p5e": {"48": 8},
    "p5en": {"48": 8},
    "p6-b200": {"48": 8},
    "trn1": {"32": 16},
    "trn1n": {"32": 16},
}
"""Accelerators by family and the number before `xlarge`; 1 where the number is not listed."""


@dataclass(frozen=True)
class Size:
    """An amount of hardware: the size of an instance, or the need of a container.

    Attributes:
        memory: MiB.
    """

    accelerators: float
    cores: float
    memory: float

    def __add__(self, other: Size) -> Size:
        """Return the sum of both."""
        return Size(
            self.accelerators + other.accelerators,
            self.cores + other.cores,
            self.memory + other.memory,
        )

    def fits(self, room: Size) -> bool:
        """Tell whether there is room for this amount."""
        return (
            self.accelerators <= room.accelerators
            and self.cores <= room.cores
            and self.memory <= room.memory
        )


NOTHING = Size(0, 0, 0)


def size_of(kind: str) -> Size:
    """Return the size of an instance type, for example `ml.g6e.xlarge`.

    Raises:
        DeploymentFailedError: It is not known here.
    """
    match = _TYPE.fullmatch(kind)
    if match is None or match["family"] not in _MEMORY:
        raise DeploymentFailedError(f"not emulated: the size of instance type {kind}")
    family, times = match["family"], match["times"]
    small = {"medium": 1, "large": 2}
    cores = small.get(match["size"]) or int(times or 1) * _VCPUS_OF_XLARGE
    accelerators = _ACCELERATORS[family].get(times, 1) if family in _ACCELERATORS else 0
    return Size(accelerators, cores, cores * _MEMORY[family] * 1024)
