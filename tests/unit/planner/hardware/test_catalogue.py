"""Names, speeds and delays of the catalogue."""

from __future__ import annotations

import numpy as np
import pytest

from planner.errors import PlanError
from planner.hardware.catalogue import provisioning, speed


def test_a_model_that_does_not_fit_says_what_it_takes() -> None:
    with pytest.raises(PlanError, match=r"does not fit ml.g5.2xlarge: .* 6\d\.\d GiB"):
        speed("qwen3-32b", "ml.g5.2xlarge")


@pytest.mark.parametrize(
    ("model", "instance", "message"),
    [
        ("llama-3.1-9b", "ml.g5.2xlarge", "models: got 'llama-3.1-9b'; did you mean llama-3.1-8b"),
        ("llama-3.1-8b", "ml.g5.3xlarge", "instances: got 'ml.g5.3xlarge'; did you mean ml.g5"),
        ("llama-3.1-8b", "abacus", "instances: got 'abacus'; must be one of ml.g5"),
    ],
)
def test_unknown_names_are_named(model: str, instance: str, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        speed(model, instance)


def test_speeds_without_a_measurement_come_from_the_data_sheet() -> None:
    slow, fast = speed("llama-3.1-8b", "ml.g6.2xlarge"), speed("llama-3.1-8b", "ml.g6e.2xlarge")
    assert not slow.measured
    assert slow.step / fast.step == pytest.approx(864 / 300)


def test_provisioning_medians_are_the_published_ones() -> None:
    # https://aws.amazon.com/blogs/machine-learning/, container caching, 2026-06-17: 525 s to 258 s.
    drawn = np.exp(np.random.default_rng(0).normal(0, 0.12, 999))
    for kind, published in (("cached", 258), ("uncached", 525)):
        assert np.median(provisioning(kind).median * drawn) == pytest.approx(published, rel=0.02)
