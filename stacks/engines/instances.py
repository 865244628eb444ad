"""SageMaker's hosting instance types: families, GPUs and vCPUs."""

from __future__ import annotations

import re

from stacks.engines.images import Processor

CPU_FAMILIES = frozenset(
    {"c4", "c5", "c5d", "c6i", "c7i", "m4", "m5", "m5d", "m6i", "m7i"}
) | frozenset({"r5", "r5d", "r6i", "r7i", "t2", "t3"})
"""x86 families: the arm64 families would need images of their own."""

GPU_FAMILIES = frozenset({"g4dn", "g5", "g6", "g6e", "g7", "g7e"}) | frozenset(
    {"p4d", "p4de", "p5", "p5en", "p6-b200", "p6-b300"}
)
"""x86 families with NVIDIA GPUs; Inferentia and Trainium need Neuron images, not carried here."""

TRANSFORM_FAMILIES = frozenset({"g4dn", "g5", "g6", "g6e"}) | frozenset(
    {"c4", "c5", "c6i", "c7i", "m4", "m5", "m6i", "m7i", "r6i", "r7i"}
)
"""Families of the above that batch transform offers:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformResources.html"""

LOCAL_DISK_FAMILIES = GPU_FAMILIES | {"c5d", "m5d", "r5d"}
"""Families with disks of their own (NVMe), to which SageMaker attaches no volume: `VolumeSizeInGB`
is a ValidationException. The rule is `volume_size_supported` of
https://github.com/aws/sagemaker-python-sdk/pull/4828, the disks
https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html"""

# Sizes that SageMaker hosts of each family; tests hold them against cfn-lint's list.
_SIZES = {
    family: sizes.split()
    for families, sizes in {
        "c4": "large xlarge 2xlarge 4xlarge 8xlarge",
        "c5": "large xlarge 2xlarge 4xlarge 9xlarge 12xlarge 18xlarge 24xlarge",
        "c5d": "large xlarge 2xlarge 4xlarge 9xlarge 18xlarge",
        "c6i m6i r6i": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge",
        "c7i m7i r7i": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
        "g4dn": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
        "g5 g6 g6e": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
        "g7 g7e": "2xlarge 4xlarge 8xlarge 12xlarge 24xlarge 48xlarge",
        "m4": "xlarge 2xlarge 4xlarge 10xlarge 16xlarge",
        "m5 m5d r5": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge",
        "p4d p4de": "24xlarge",
        "p5": "4xlarge 48xlarge",
        "p5en p6-b200 p6-b300": "48xlarge",
        "r5d": "large xlarge 2xlarge 4xlarge 12xlarge 24xlarge",
        "t2": "medium large xlarge 2xlarge",
        "t3": "nano micro small medium large xlarge 2xlarge",
    }.items()
    for family in families.split()
}

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


def check_size(instance_type: str) -> None:
    """Refuse a size that the instance type's family does not have.

    Raises:
        ValueError: the family has no such size, or is not known here.
    """
    sizes = _SIZES[family(instance_type)]
    if instance_type.rpartition(".")[2] not in sizes:
        raise ValueError(f"must be of a size of {family(instance_type)}: {', '.join(sizes)}")


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


def vcpu_count(instance_type: str) -> int:
    """Return how many vCPUs one instance has."""
    times = _parts(instance_type)["times"]
    by_size = 2 if times is None else 4 * int(times or 1)
    return _VCPUS.get(instance_type, by_size)
