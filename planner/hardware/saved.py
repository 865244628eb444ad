"""Measured speeds in a file of one's own: written by `twin plan calibrate`, read by `simulate`."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, replace
from math import isfinite
from pathlib import Path
from typing import Any

from planner.errors import PlanError, reason
from planner.hardware.throughput import Speed
from planner.models.model import Model

_SECONDS = ("prefill", "step", "experts", "sequence", "kv_token")
_LONGEST = 1000


def to_toml(model: Model, instance: str, speed: Speed, error: str) -> str:
    """Return the text of a file that holds one speed."""
    values = asdict(speed)
    lines = [
        "[[speed]]",
        f"weights_bytes = {model.weights_bytes}",
        f"instance = {json.dumps(instance)}",
        *(f"{key} = {values[key]!r}" for key in _SECONDS),
        f"source = {json.dumps(speed.source)}",
        f"error = {json.dumps(error)}",
    ]
    return "\n".join(lines) + "\n"


def saved_speed(path: Path, model: Model, instance: str, estimate: Speed) -> Speed:
    """Return the speed of a model on an instance type out of a file.

    Args:
        path: of the file.
        model: that is served; of the same size as the measured one.
        instance: type that serves.
        estimate: speed whose limits to keep.

    Raises:
        PlanError: the file cannot be read, or has no such pair.
    """
    rows = _rows(path)
    for row in rows:
        if (row.get("weights_bytes"), row.get("instance")) == (model.weights_bytes, instance):
            seconds: dict[str, Any] = {key: _seconds(path, row, key) for key in _SECONDS}
            source = f"{row.get('source', path.name)}, {row.get('error', 'error unknown')}"
            return replace(estimate, **seconds, together=0.0, measured=True, source=source)
    pairs = ", ".join(f"{row.get('weights_bytes')} bytes on {row.get('instance')}" for row in rows)
    raise PlanError(
        f"{path}: got speeds of {pairs or 'nothing'}; must have one of {model.weights_bytes} bytes "
        f"of weights on {instance}"
    )


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("speed")
    except (OSError, ValueError) as error:
        raise PlanError(f"{path}: {reason(error)}; must be a file that calibrate wrote") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PlanError(f"{path}: got no [[speed]]; must be a file that calibrate wrote")
    return rows


def _seconds(path: Path, row: dict[str, Any], key: str) -> float:
    found: Any = row.get(key)
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    if not is_number or not (isfinite(found) and 0 <= found < _LONGEST):
        raise PlanError(f"{path}: {key}: got {found!r}; must be seconds, 0 or more")
    return float(found)
