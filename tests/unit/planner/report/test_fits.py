"""Fits for people."""

from __future__ import annotations

from planner.fit.flags import EngineFlags
from planner.fit.options import options
from planner.hardware.catalogue import instance_type
from planner.models.known import known_model
from planner.report.fits import fit_table, model_lines, sum_table

TYPES = [instance_type(name) for name in ("ml.g5.2xlarge", "ml.g7e.2xlarge")]


def test_a_row_that_does_not_fit_says_no() -> None:
    found = options(known_model("qwen3-32b"), TYPES, EngineFlags(max_model_len=8192))
    table = fit_table(found)
    at_once = next(column for column in table.columns if column.header == "n")
    assert [*at_once.cells] == ["no", str(found[1].concurrency)]


def test_the_sum_adds_up() -> None:
    (found,) = options(known_model("qwen3-32b"), TYPES[1:], EngineFlags(max_model_len=8192))
    labels, sizes = ([*column.cells] for column in sum_table(found).columns)
    gib = {
        str(label): float(str(size).split()[0])
        for label, size in zip(labels, sizes, strict=True)
        if str(size).endswith("GiB")
    }
    usable, *addends = gib.values()
    assert abs(usable - sum(addends)) < 0.03


def test_experts_are_told_with_the_parameters_of_a_token() -> None:
    first, second = model_lines(known_model("gpt-oss-20b"))
    assert "20.91 B parameters, 3.6 B a token, mxfp4" in first
    assert "us-east-1, on demand" in second
