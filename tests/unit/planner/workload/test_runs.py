"""Runs of load generators, in each of their formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from planner.errors import PlanError
from planner.workload.runs import Point, read_runs

POINT = Point(8, 512, 256, 10.5, 0.5)
VLLM = {
    "max_concurrency": 8,
    "completed": 10,
    "total_input_tokens": 5120,
    "total_output_tokens": 2560,
    "mean_ttft_ms": 500.0,
    "mean_tpot_ms": 10_000 / 255,
}
AIPERF = {
    "request_latency": {"unit": "ms", "avg": 10_500},
    "time_to_first_token": {"unit": "ms", "avg": 500},
    "input_sequence_length": {"avg": 512},
    "output_sequence_length": {"avg": 256},
    "input_config": {"loadgen": {"concurrency": 8}},
}


def mean(value: float) -> dict[str, Any]:
    return {"successful": {"mean": value}}


GUIDELLM = {
    "benchmarks": [
        {
            "config": {"strategy": {"type_": "concurrent", "streams": 8}},
            "metrics": {
                "request_latency": mean(10.5),
                "time_to_first_token_ms": mean(500),
                "prompt_token_count": mean(512),
                "output_token_count": mean(256),
            },
        }
    ]
}


@pytest.mark.parametrize(
    "text",
    [
        "concurrency,input_tokens,output_tokens,e2e_seconds,ttft_ms\n8,512,256,10.5,500\n",
        "model,concurrency,avg_input_tokens,avg_output_tokens,latency_avg,ttft_seconds\n"
        "x,8,512,256,10500.0,0.5\n",
        json.dumps(VLLM),
        json.dumps([VLLM]),
        json.dumps(AIPERF),
        json.dumps(GUIDELLM),
    ],
    ids=["csv", "csv-ms", "vllm", "vllm-list", "aiperf", "guidellm"],
)
def test_each_format_is_read(text: str, tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_text(text)
    (found,) = read_runs(path)
    assert (found.concurrency, found.context, found.generated) == (8, 512, 256)
    assert found.end_to_end == pytest.approx(POINT.end_to_end)
    assert found.first_token == pytest.approx(POINT.first_token)


def test_results_appended_line_by_line_are_read(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("\n".join(json.dumps(VLLM | {"max_concurrency": c}) for c in (1, 8)))
    assert [point.concurrency for point in read_runs(path)] == [1, 8]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "got columns 'a,b'; must have concurrency: concurrency or"),
        ("concurrency,input_tokens,output_tokens,e2e_seconds\n", "got no results"),
        ("concurrency,input_tokens,output_tokens,e2e_seconds\n0,1,1,1\n", "concurrency: got 0"),
        ("concurrency,input_tokens,output_tokens,e2e_seconds\n1,1,1,nan\n", "got nan; must be"),
        ("concurrency,input_tokens,output_tokens,e2e_seconds\n1,1,1,fast\n", "got 'fast'"),
        ("concurrency,input_tokens,output_tokens,e2e_seconds\n1,1\n", "generated: got None"),
        ("{", "got no JSON"),
        ("{}", "got JSON of another kind"),
        ("[1]", "got JSON of another kind"),
        (json.dumps(VLLM | {"max_concurrency": None}), "concurrency: got None"),
        (json.dumps({"benchmarks": [1]}), "concurrency: got None"),
        ("", "got columns ''"),
    ],
)
def test_what_makes_no_sense_is_named(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_text(text)
    with pytest.raises(PlanError, match=message):
        read_runs(path)


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(PlanError, match="got '/nowhere'; must be a file"):
        read_runs(Path("/nowhere"))
