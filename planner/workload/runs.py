"""Closed-loop measurements of one's own: a CSV, or what load generators write as JSON.

GuideLLM: https://github.com/vllm-project/guidellm; AIPerf: https://github.com/ai-dynamo/aiperf;
`vllm bench serve --save-result`: https://docs.vllm.ai/en/latest/cli/bench/serve.html
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from planner.errors import PlanError

_MOST_BYTES = 500_000_000
_LONGEST = 86_400.0
_MOST_TOKENS = 10_000_000
# Columns of a CSV by what they hold, each with the seconds of its unit where it is a time.
_COLUMNS: dict[str, dict[str, float]] = {
    "concurrency": {"concurrency": 1, "max_concurrency": 1},
    "context": {"input_tokens": 1, "avg_input_tokens": 1, "prompt_tokens": 1},
    "generated": {"output_tokens": 1, "avg_output_tokens": 1, "completion_tokens": 1},
    "end_to_end": {"e2e_seconds": 1, "e2e_ms": 1e-3, "mean_e2el_ms": 1e-3, "latency_avg": 1e-3},
    "first_token": {"ttft_seconds": 1, "ttft_ms": 1e-3, "mean_ttft_ms": 1e-3},
}


@dataclass(frozen=True)
class Point:
    """One level of a closed-loop measurement.

    Attributes:
        concurrency: requests in flight.
        context: mean prompt tokens.
        generated: mean answer tokens.
        end_to_end: mean seconds to the last token.
        first_token: mean seconds to the first token; None where it was not measured.
    """

    concurrency: int
    context: int
    generated: int
    end_to_end: float
    first_token: float | None = None


def read_runs(path: Path) -> list[Point]:
    """Read the levels of a measurement.

    Raises:
        PlanError: the file is of no known format, or a value makes no sense.
    """
    if not path.is_file():
        raise PlanError(f"results: got {str(path)!r}; must be a file")
    if path.stat().st_size > _MOST_BYTES:
        raise PlanError(f"{path.name}: got more than {_MOST_BYTES:,} bytes; must be a summary")
    text = path.read_text(encoding="utf-8-sig", errors="backslashreplace")
    found = text.lstrip()
    raw = _json(path.name, found) if found.startswith(("{", "[")) else _csv(path.name, text)
    points = [_point(path.name, values) for values in raw]
    if not points:
        raise PlanError(f"{path.name}: got no results; must have at least one level")
    return points


def _csv(name: str, text: str) -> Iterator[dict[str, Any]]:
    rows = csv.DictReader(text.splitlines())
    header = [column.strip() for column in rows.fieldnames or []]
    picks = {what: _pick(header, known) for what, known in _COLUMNS.items()}
    missing = [what for what, pick in picks.items() if pick is None and what != "first_token"]
    if missing:
        wanted = "; ".join(f"{what}: {' or '.join(_COLUMNS[what])}" for what in missing)
        raise PlanError(f"{name}: got columns {','.join(header)[:80]!r}; must have {wanted}")
    for row in rows:
        yield {
            what: _times(name, row.get(pick), _COLUMNS[what][pick])
            for what, pick in picks.items()
            if pick is not None
        }


def _pick(header: list[str], known: Mapping[str, float]) -> str | None:
    return next((column for column in known if column in header), None)


def _times(name: str, value: Any, factor: float) -> float | None:  # noqa: ANN401 - a cell
    if value is None or value == "":
        return None
    try:
        return float(value) * factor
    except (TypeError, ValueError) as error:
        raise PlanError(f"{name}: got {str(value)[:60]!r}; must be a number") from error


def _json(name: str, text: str) -> Iterator[dict[str, Any]]:
    for document in _documents(name, text):
        match document:
            case {"benchmarks": [*benchmarks]}:
                yield from (_guidellm(name, one) for one in benchmarks)
            case {"request_latency": {}, "input_sequence_length": {}}:
                yield _aiperf(name, document)
            case {"total_input_tokens": _, "completed": _}:
                yield _vllm(name, document)
            case _:
                raise PlanError(
                    f"{name}: got JSON of another kind; must be GuideLLM's, AIPerf's or that of "
                    "vllm bench serve"
                )


def _documents(name: str, text: str) -> list[Any]:
    """Return the documents of a file, which may have one in each line."""
    try:
        found = json.loads(text)
    except ValueError as error:
        try:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            raise PlanError(f"{name}: got no JSON: {error}; must be CSV or JSON") from error
    return found if isinstance(found, list) else [found]


def _guidellm(name: str, one: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    metrics = _get(one, "metrics")

    def mean(key: str) -> float | None:
        return _times(name, _get(metrics, key, "successful", "mean"), 1)

    streams = _get(one, "config", "strategy", "streams") or _get(one, "args", "strategy", "streams")
    first = mean("time_to_first_token_ms")
    return {
        "concurrency": streams or mean("request_concurrency"),
        "context": mean("prompt_token_count"),
        "generated": mean("output_token_count"),
        "end_to_end": mean("request_latency"),
        "first_token": None if first is None else first / 1000,
    }


def _aiperf(name: str, one: Mapping[str, Any]) -> dict[str, Any]:
    loadgen = _get(one, "input_config", "loadgen", "concurrency")
    return {
        "concurrency": loadgen or _get(one, "input_config", "concurrency"),
        "context": _times(name, _get(one, "input_sequence_length", "avg"), 1),
        "generated": _times(name, _get(one, "output_sequence_length", "avg"), 1),
        "end_to_end": _times(name, _get(one, "request_latency", "avg"), 1e-3),
        "first_token": _times(name, _get(one, "time_to_first_token", "avg"), 1e-3),
    }


def _vllm(name: str, one: Mapping[str, Any]) -> dict[str, Any]:
    done = _times(name, one["completed"], 1) or 1
    context = (_times(name, one["total_input_tokens"], 1) or 0) / done
    generated = (_times(name, one.get("total_output_tokens"), 1) or 0) / done
    first = _times(name, one.get("mean_ttft_ms"), 1e-3)
    whole = _times(name, one.get("mean_e2el_ms"), 1e-3)
    further = _times(name, one.get("mean_tpot_ms"), 1e-3)
    if whole is None and first is not None and further is not None:
        whole = first + (generated - 1) * further
    return {
        "concurrency": one.get("max_concurrency"),
        "context": context,
        "generated": generated,
        "end_to_end": whole,
        "first_token": first,
    }


def _get(value: Any, *keys: str) -> Any:  # noqa: ANN401 - JSON
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _point(name: str, values: Mapping[str, Any]) -> Point:
    return Point(
        concurrency=round(_checked(name, "concurrency", values, 1, 65_536)),
        context=round(_checked(name, "context", values, 1, _MOST_TOKENS)),
        generated=round(_checked(name, "generated", values, 1, _MOST_TOKENS)),
        end_to_end=_checked(name, "end_to_end", values, 1e-6, _LONGEST),
        first_token=_checked(name, "first_token", values, 0, _LONGEST)
        if values.get("first_token") is not None
        else None,
    )


def _checked(name: str, what: str, values: Mapping[str, Any], least: float, most: float) -> float:
    found: Any = values.get(what)
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    if not is_number or not (isfinite(found) and least <= found <= most):
        raise PlanError(
            f"{name}: {what.replace('_', ' ')}: got {found!r}; must be {least:g} to {most:g}"
        )
    return float(found)
