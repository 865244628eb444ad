"""Instance types: how they are spelled, what they compute on, and which of them AWS offers."""

from __future__ import annotations

import pytest

from stacks.engines.instances import (
    CPU_FAMILIES,
    GPU_FAMILIES,
    LOCAL_DISK_FAMILIES,
    check_offered,
    family,
    gpu_count,
    processor,
    vcpu_count,
)
from stacks.engines.offers import Use, load_offers


@pytest.mark.parametrize(
    ("instance_type", "gpus"),
    [("ml.c7i.xlarge", 0), ("ml.g6e.xlarge", 1), ("ml.g5.12xlarge", 4), ("ml.p5.48xlarge", 8)],
)
def test_gpus_are_counted_by_instance(instance_type: str, gpus: int) -> None:
    assert gpu_count(instance_type) == gpus
    assert (processor(instance_type) == "gpu") == (gpus > 0)


@pytest.mark.parametrize(
    ("instance_type", "vcpus"),
    [
        ("ml.t3.medium", 2),
        ("ml.c7i.large", 2),
        ("ml.c7i.xlarge", 4),
        ("ml.m5.24xlarge", 96),
        ("ml.c4.8xlarge", 36),
        ("ml.g6e.2xlarge", 8),
    ],
)
def test_vcpus_are_counted_by_instance(instance_type: str, vcpus: int) -> None:
    assert vcpu_count(instance_type) == vcpus


def test_every_family_is_one_sagemaker_hosts_and_all_its_types_are_spelled_as_expected() -> None:
    types = load_offers().endpoint
    assert {family(name) for name in types} == CPU_FAMILIES | GPU_FAMILIES
    assert all(vcpu_count(name) >= 2 for name in types)


@pytest.mark.parametrize(
    ("instance_type", "use", "expected"),
    [
        ("ml.g6e.3xlarge", "endpoint", "must be of a size of g6e: xlarge, 2xlarge, 4xlarge"),
        ("ml.p5.48xlarge", "transform", "of a family that batch transform offers: c4, c5, c6i"),
        ("ml.x9.xlarge", "endpoint", "must be of a known family"),
        ("g6e.xlarge", "endpoint", "must be spelled like ml.g6e.xlarge"),
    ],
)
def test_a_type_that_is_nowhere_is_refused(instance_type: str, use: Use, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        check_offered(instance_type, use)


def test_families_with_a_d_or_a_gpu_have_disks_of_their_own() -> None:
    with_d = {name for name in CPU_FAMILIES if name.endswith("d")}
    assert with_d | GPU_FAMILIES == LOCAL_DISK_FAMILIES
