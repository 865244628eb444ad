"""Measured speeds, against the published table, with the simulator's engine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.hardware.catalogue import instance_type, measurements
from planner.hardware.roofline import least_prefill
from planner.hardware.speeds import CONCURRENCIES, speed_of
from planner.hardware.throughput import SLOTS, Speed
from planner.models.known import known_model
from planner.models.model import Model
from tests.support.planner import closed_loop


def of_row(row: dict) -> tuple[Model, Speed]:
    model, served_by = known_model(row["model"]), instance_type(row["instance"])
    return model, speed_of(model, served_by, served_by.gpus)


@pytest.mark.parametrize("row", measurements(), ids=lambda row: row["model"])
def test_the_fit_is_near_the_published_latencies(row: dict) -> None:
    """Up to the slots the points are fitted, within 9%; beyond they are predicted, within 13%."""
    _, engine = of_row(row)
    for concurrency, published in zip(CONCURRENCIES, row["seconds"], strict=True):
        tolerance = 0.09 if concurrency <= SLOTS else 0.13
        assert closed_loop(engine, concurrency) == pytest.approx(published, rel=tolerance)


@pytest.mark.parametrize("row", measurements(), ids=lambda row: row["model"])
def test_no_fitted_prefill_exceeds_the_gpus_peak(row: dict) -> None:
    model, engine = of_row(row)
    served_by = instance_type(row["instance"])
    assert engine.prefill >= least_prefill(model, served_by.gpu, served_by.gpus) * (1 - 1e-9)
    assert engine.measured
    assert "mean error" in engine.source


def test_a_fine_tune_is_as_fast_as_the_model_it_began_as() -> None:
    served_by = instance_type("ml.g5.2xlarge")
    tuned = replace(known_model("llama-3.1-8b"), name="twin")
    assert speed_of(tuned, served_by, 1).measured


def test_another_number_of_gpus_or_another_cache_was_not_measured() -> None:
    model, served_by = known_model("llama-3.3-70b"), instance_type("ml.p4d.24xlarge")
    assert not speed_of(model, served_by, 4).measured
    assert not speed_of(model, served_by, 8, kv_bytes=1.0).measured
