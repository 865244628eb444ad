"""A speed fitted to a user's own measurement, with the error at each level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from planner.errors import PlanError
from planner.fit.flags import EngineFlags
from planner.fit.serving import serve
from planner.hardware.calibration import errors, fitted
from planner.hardware.roofline import estimate, least_prefill
from planner.hardware.throughput import Speed
from planner.models.model import Model
from planner.workload.runs import Point

_LEAST_LEVELS = 2


@dataclass(frozen=True)
class Calibration:
    """A speed fitted to a measurement.

    Attributes:
        speed: that was fitted.
        points: of the measurement.
        fitted: relative error of end-to-end seconds at each point.
        estimated: the same of the speed from data sheets.
    """

    speed: Speed
    points: tuple[Point, ...]
    fitted: tuple[float, ...]
    estimated: tuple[float, ...]

    @property
    def error(self) -> str:
        """Mean and largest error, in words, before and after."""
        return (
            f"error: mean {_mean(self.fitted):.1%}, largest {_largest(self.fitted):.1%} over "
            f"{len(self.points)} levels; from data sheets {_mean(self.estimated):.1%} and "
            f"{_largest(self.estimated):.1%}"
        )

    def document(self) -> dict[str, Any]:
        """Return it as types that JSON has."""
        levels = [
            asdict(point) | {"error": after, "error_of_data_sheets": before}
            for point, after, before in zip(self.points, self.fitted, self.estimated, strict=True)
        ]
        return {"speed": asdict(self.speed), "levels": levels, "error": self.error}


def calibrated(
    model: Model,
    instance: str,
    points: Sequence[Point],
    flags: EngineFlags | None = None,
    *,
    gpus: int | None = None,
    cached: float = 0.0,
) -> Calibration:
    """Return the speed of a model on an instance type, fitted to a measurement.

    Arguments as for `planner.fit.serving.serve`.

    Raises:
        PlanError: an unknown instance type, or too few levels to tell the load's part apart.
    """
    ordered = tuple(sorted(points, key=lambda point: point.concurrency))
    if len({point.concurrency for point in ordered}) < _LEAST_LEVELS:
        raise PlanError(
            f"results: got {len(ordered)} of one concurrency; must be two or more, such as 1, 8, 32"
        )
    serving = serve(model, instance, flags, gpus=gpus, cached=cached)
    gpu, used = serving.instance.gpu, serving.fit.gpus
    kept = serving.speed
    guess = replace(
        estimate(model, gpu, used, slots=kept.slots, step_tokens=kept.step_tokens),
        kv_tokens=kept.kv_tokens,
        cached=cached,
    )
    source = f"measured: {len(ordered)} levels, {ordered[0].context} in, {ordered[0].generated} out"
    speed = fitted(ordered, guess, least_prefill(model, gpu, used), source)
    return Calibration(speed, ordered, tuple(errors(ordered, speed)), tuple(errors(ordered, guess)))


def _mean(found: Sequence[float]) -> float:
    return sum(map(abs, found)) / len(found)


def _largest(found: Sequence[float]) -> float:
    return max(map(abs, found))
