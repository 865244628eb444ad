"""Speeds from data sheets, against SageMaker measurements that nobody fitted to row by row."""

from __future__ import annotations

from statistics import mean
from typing import Any

import pytest

from planner.fit.flags import EngineFlags
from planner.fit.serving import serve
from planner.hardware.catalogue import gpu
from planner.hardware.latency import closed_loop
from planner.hardware.roofline import LARGEST_ERROR, estimate, flops, least_prefill, reduce_bytes
from planner.models.known import known_model
from tests.support.planner_rows import CACHED, REQUESTS, rows


def errors(row: dict[str, Any]) -> list[float]:
    flags = EngineFlags(max_num_seqs=row["max_num_seqs"], max_model_len=4096)
    model = known_model(row["model"])
    speed = serve(model, row["instance"], flags, gpus=row.get("gpus"), cached=CACHED).speed
    return [
        closed_loop(speed, min(int(level), REQUESTS), *row["tokens"]).end_to_end / measured - 1
        for level, measured in row["seconds"].items()
    ]


NAMED = [row for row in rows("speed") if row.get("bar")]


@pytest.mark.parametrize("row", NAMED, ids=lambda row: f"{row['model']}-{row['instance']}")
def test_each_level_of_the_named_rows_is_within_15_percent(row: dict[str, Any]) -> None:
    assert max(map(abs, errors(row))) < 0.15


def test_the_named_rows_are_within_8_percent_on_average() -> None:
    assert mean(abs(error) for row in NAMED for error in errors(row)) < 0.05


@pytest.mark.parametrize("row", rows("speed"), ids=lambda row: f"{row['model']}-{row['instance']}")
def test_every_row_is_within_15_percent_and_8_on_average(row: dict[str, Any]) -> None:
    assert max(map(abs, errors(row))) < LARGEST_ERROR < 0.15
    assert mean(map(abs, errors(row))) < 0.08


def test_one_gpu_reduces_nothing_and_four_move_three_halves_of_each_hidden_state() -> None:
    model = known_model("qwen3-32b")
    assert reduce_bytes(model, 1) == 0
    assert reduce_bytes(model, 4) == 64 * 2 * 1.5 * 5120 * 2


def test_no_link_makes_more_gpus_faster_by_less_than_their_number() -> None:
    model = known_model("qwen3-32b")
    one, four = (estimate(model, gpu("A10G"), count).step_seconds(1, 512) for count in (1, 4))
    assert one / 4 < four < one


def test_a_batch_reads_more_experts_than_one_request_but_no_more_than_there_are() -> None:
    speed = estimate(known_model("gpt-oss-20b"), gpu("L40S"))
    one, few, many = (speed.base(count) for count in (1, 8, 1000))
    assert one < few < many == pytest.approx(speed.step + speed.together + speed.experts, rel=0.01)


def test_eight_bit_arithmetic_is_twice_as_fast_where_the_gpu_has_it() -> None:
    fp8, int8 = known_model("llama-3.1-8b-fp8"), known_model("llama-3.1-8b-w8a8")
    assert flops(fp8, gpu("L40S")) == 2 * 362e12
    assert flops(fp8, gpu("A10G")) == 70e12
    assert flops(int8, gpu("A10G")) == 140e12


def test_no_prefill_is_faster_than_the_peak() -> None:
    model = known_model("llama-3.1-8b")
    least = least_prefill(model, gpu("A10G"), 1)
    assert least == pytest.approx(2 * model.active_parameters / 70e12)
    assert estimate(model, gpu("A10G")).prefill > least
