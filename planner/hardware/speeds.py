"""Speed of a model on an instance: measured where a table was published, else from data sheets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from planner.hardware.calibration import errors, fitted
from planner.hardware.catalogue import Instance, measurements
from planner.hardware.roofline import estimate, least_prefill
from planner.hardware.throughput import SLOTS, STEP_TOKENS, Speed
from planner.models.known import known_model
from planner.models.model import Model
from planner.workload.runs import Point

CONCURRENCIES = (1, 8, 16, 32, 64, 128)
TOKENS_IN, TOKENS_OUT = 512, 256
"""Shape of the requests of the catalogue's measurements."""


def speed_of(
    model: Model,
    instance: Instance,
    gpus: int,
    *,
    slots: int = SLOTS,
    kv_tokens: int = 2**40,
    kv_bytes: float = 2.0,
    step_tokens: int = STEP_TOKENS,
) -> Speed:
    """Return the speed with its source: a published measurement of the pair, or data sheets.

    Arguments as for `planner.hardware.roofline.estimate`.
    """
    guess = estimate(
        model,
        instance.gpu,
        gpus,
        slots=slots,
        kv_tokens=kv_tokens,
        kv_bytes=kv_bytes,
        step_tokens=step_tokens,
    )
    row = _measured(model, instance)
    if row is None or gpus != instance.gpus or kv_bytes != 2.0:
        return guess

    # Fitted as it was measured, at its slots; then with the slots that are asked for.
    points = [
        Point(count, TOKENS_IN, TOKENS_OUT, seconds)
        for count, seconds in zip(CONCURRENCIES, row["seconds"], strict=True)
    ]
    as_measured = replace(guess, slots=SLOTS, step_tokens=STEP_TOKENS)
    least = least_prefill(model, instance.gpu, gpus)
    found = fitted(points, as_measured, least, row["source"])
    fit = [abs(error) for error in errors(points, found)[: CONCURRENCIES.index(SLOTS) + 1]]
    source = f"{row['source']}; fitted, mean error {sum(fit) / len(fit):.1%} up to {SLOTS} at once"
    return replace(found, slots=slots, step_tokens=step_tokens, source=source)


def _measured(model: Model, instance: Instance) -> dict[str, Any] | None:
    for row in measurements():
        # A fine-tune of the same shape and format is as fast, whatever its name.
        known = known_model(row["model"])
        if row["instance"] == instance.name and (known.shape, known.format) == (
            model.shape,
            model.format,
        ):
            return row
    return None
