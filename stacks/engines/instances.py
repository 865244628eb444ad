"""SageMaker's hosting instance types: families, GPUs and vCPUs."""

from __future__ import annotations

import re

from stacks.engines.images import Processor
from stacks.engines.offers import Use, load_offers

CPU_FAMILIES = frozenset(
    {"c4", "c5", "c5d", "c6i", "c7i", "m4", "m5", "m5d", "m6i", "m7i"}
) | frozenset({"r5", "r5d", "r6i", "r7i", "t2", "t3"})
"""x86 families: the arm64 families would need images of their own."""

GPU_FAMILIES = frozenset({"g4dn", "g5", "g6", "g6e", "g7", "g7e"}) | frozenset(
    {"p4d", "p4de", "p5", "p5en", "p6-b200", "p6-b300"}
)
"""x86 families with NVIDIA GPUs; Inferentia and Trainium need Neuron images, not carried here."""

LOCAL_DISK_FAMILIES = GPU_FAMILIES | {"c5d", "m5d", "r5d"}
"""Families with disks of their own (NVMe), to which SageMaker attaches no volume: `VolumeSizeInGB`
is a ValidationException. The rule is `volume_size_supported` of
https://github.com/aws/sagemaker-python-sdk/pull/4828, the disks
https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html"""

# GPUs per instance where it is not 1: https://aws.amazon.com/sagemaker/ai/pricing/
_GPUS = {
    "g4dn": {"12xlarge": 4},
    "g5": {"12xlarge": 4, "24xlarge": 4, "48xlarge": 8},
    "g6": {"12xlarge": 4, "24xlarge": 4, "48xlarge": 8},
    "g6e": {"12xlarge": 4, "24xlarge": 4, "48xlarge": 8},
    "g7": {"12xlarge": 2, "24xlarge": 4, "48xlarge": 8},
    "g7e": {"12xlarge": 2, "24xlarge": 4, "48xlarge": 8},
    "p4d": {"24xlarge": 8},
    "p4de": {"24xlarge": 8},
    "p5": {"48xlarge": 8},
    "p5en": {"48xlarge": 8},
    "p6-b200": {"48xlarge": 8},
    "p6-b300": {"48xlarge": 8},
}

# vCPUs per instance where there are not 4 in an "xlarge", and 2 in what is smaller:
# https://aws.amazon.com/ec2/instance-types/
_VCPUS = {"ml.c4.8xlarge": 36}

INSTANCE_TYPE = re.compile(
    r"ml\.(?P<family>[a-z0-9-]+)\.(?P<size>nano|micro|small|medium|large|(?P<times>\d*)xlarge)"
)


# Compute capability of each family's GPU, in tenths: https://developer.nvidia.com/cuda-gpus
_CAPABILITIES = {
    "g4dn": 75, "g5": 86, "g6": 89, "g6e": 89, "g7": 120, "g7e": 120, "p4d": 80, "p4de": 80,
    "p5": 90, "p5en": 90, "p6-b200": 100, "p6-b300": 103,
}  # fmt: skip


def family(instance_type: str) -> str:
    """Return the family of an instance type: "g6e" for "ml.g6e.xlarge".

    Raises:
        ValueError: it is not spelled like one, or its family is not known here.
    """
    name = _parts(instance_type)["family"]
    if name not in CPU_FAMILIES | GPU_FAMILIES:
        known = ", ".join([*sorted(GPU_FAMILIES), *sorted(CPU_FAMILIES)])
        raise ValueError(f"must be of a known family: {known}")
    return name


def check_offered(instance_type: str, use: Use) -> None:
    """Refuse a type that SageMaker has in no region for a use.

    Raises:
        ValueError: it is not spelled like a type, its family is not known or not offered for the
            use, or the family has no such size.
    """
    name = family(instance_type)
    offers = load_offers()
    if offers.of_type(instance_type, use):
        return
    offered = offers.endpoint if use == "endpoint" else offers.transform
    sizes = [type_.rpartition(".")[2] for type_ in offered if family(type_) == name]
    if sizes:
        raise ValueError(f"must be of a size of {name}: {', '.join(sizes)}")
    families = ", ".join(sorted({family(type_) for type_ in offered}))
    raise ValueError(f"must be of a family that batch transform offers: {families}")


def _parts(instance_type: str) -> re.Match[str]:
    match = INSTANCE_TYPE.fullmatch(instance_type)
    if match is None:
        raise ValueError("must be spelled like ml.g6e.xlarge")
    return match


def processor(instance_type: str) -> Processor:
    """Return what the instance serves a model on."""
    return "gpu" if family(instance_type) in GPU_FAMILIES else "cpu"


def gpu_count(instance_type: str) -> int:
    """Return how many GPUs one instance has; 0 on a CPU instance."""
    if processor(instance_type) == "cpu":
        return 0
    size = instance_type.rpartition(".")[2]
    return _GPUS.get(family(instance_type), {}).get(size, 1)


def compute_capability(instance_type: str) -> int:
    """Return the compute capability of an instance's GPUs in tenths: 89 for 8.9; 0 without GPU."""
    return _CAPABILITIES.get(family(instance_type), 0)


def vcpu_count(instance_type: str) -> int:
    """Return how many vCPUs one instance has."""
    times = _parts(instance_type)["times"]
    by_size = 2 if times is None else 4 * int(times or 1)
    return _VCPUS.get(instance_type, by_size)
