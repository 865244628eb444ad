"""Names, prices and delays of the catalogue."""

from __future__ import annotations

import numpy as np
import pytest

from planner.errors import PlanError
from planner.hardware.catalogue import (
    cpu_gib,
    gpu,
    instance_type,
    instance_types,
    price,
    provisioning,
)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ml.g5.3xlarge", "instances: got 'ml.g5.3xlarge'; did you mean ml.g5"),
        ("abacus", "instances: got 'abacus'; must be one of ml.g5"),
        ("ml.c7i.xlarge", "got 'ml.c7i.xlarge'; there are no speeds for CPU instances"),
        ("ml.trn1.2xlarge", "got 'ml.trn1.2xlarge'; did you mean"),
        ("ml.g7.2xlarge", "which SageMaker has, but of whose GPU there are neither speeds nor"),
    ],
)
def test_unknown_names_are_named(name: str, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        instance_type(name)


def test_every_instance_has_a_gpu_that_is_known() -> None:
    for found in instance_types():
        assert gpu(found.gpu.name) == found.gpu
        assert found.gpus in (1, 2, 4, 8)


def test_a_type_without_a_price_is_named() -> None:
    assert price("ml.g5.2xlarge") == 1.515
    with pytest.raises(PlanError, match=r"'ml\.p5e\.48xlarge', which has no price"):
        price("ml.p5e.48xlarge")


def test_provisioning_medians_are_the_published_ones() -> None:
    # https://aws.amazon.com/blogs/machine-learning/, container caching, 2026-06-17: 525 s to 258 s.
    drawn = np.exp(np.random.default_rng(0).normal(0, 0.12, 999))
    for kind, published in (("cached", 258), ("uncached", 525)):
        assert np.median(provisioning(kind).median * drawn) == pytest.approx(published, rel=0.02)


@pytest.mark.parametrize(
    ("name", "vcpus", "gib"),
    [("ml.c7i.xlarge", 4, 8), ("ml.m5.large", 2, 8), ("ml.r6i.large", 2, 16)],
)
def test_cpu_instances_have_memory_by_their_family(name: str, vcpus: int, gib: float) -> None:
    assert cpu_gib(name, vcpus) == gib
