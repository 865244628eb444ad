"""Instance types: how they are spelled, what they compute on, and which of them AWS offers."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from stacks.engines.instances import (
    CPU_FAMILIES,
    GPU_FAMILIES,
    LOCAL_DISK_FAMILIES,
    TRANSFORM_FAMILIES,
    check_size,
    family,
    gpu_count,
    processor,
    vcpu_count,
)


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


def offered(table: str) -> set[str]:
    """The instance types that AWS offers for a purpose, in any region."""
    spec = find_spec("cfnlint")  # its data, without the seconds its import takes
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / "data/schemas/extensions" / table / "instancetype_enum.json"
    regions = json.loads(file.read_text())
    # A region that is like another one holds that one's name.
    return {
        name for region in regions.values() if isinstance(region, dict) for name in region["enum"]
    }


def families(table: str) -> set[str]:
    return {name.split(".")[1] for name in offered(table)}


def test_every_type_of_a_known_family_is_spelled_as_expected() -> None:
    known = CPU_FAMILIES | GPU_FAMILIES
    types = {name for name in offered("aws_sagemaker_hosting") if name.split(".")[1] in known}
    assert len(types) > 100
    assert {family(name) for name in types} == known
    assert all(vcpu_count(name) >= 2 for name in types)


def test_every_size_that_sagemaker_hosts_is_known_and_no_other() -> None:
    sizes = ["nano", "micro", "small", "medium", "large", "xlarge"]
    sizes += [f"{times}xlarge" for times in range(2, 50)]
    known = CPU_FAMILIES | GPU_FAMILIES

    def accepted(name: str) -> bool:
        try:
            check_size(name)
        except ValueError:
            return False
        return True

    every = {f"ml.{family}.{size}" for family in known for size in sizes}
    hosted = {name for name in offered("aws_sagemaker_hosting") if name.split(".")[1] in known}
    assert {name for name in every if accepted(name)} == hosted


def test_families_with_a_d_or_a_gpu_have_disks_of_their_own() -> None:
    with_d = {name for name in CPU_FAMILIES if name.endswith("d")}
    assert with_d | GPU_FAMILIES == LOCAL_DISK_FAMILIES


def test_every_known_family_is_one_sagemaker_hosts() -> None:
    assert families("aws_sagemaker_hosting") >= CPU_FAMILIES | GPU_FAMILIES


def test_every_transform_family_is_known_and_offered() -> None:
    assert CPU_FAMILIES | GPU_FAMILIES >= TRANSFORM_FAMILIES
    assert families("aws_sagemaker_transform") >= TRANSFORM_FAMILIES
