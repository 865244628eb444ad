"""Bills as tables and documents."""

from __future__ import annotations

import json
from io import StringIO

from rich.console import Console

from planner.billing.stage_bill import stage_bills
from planner.report.bills import bill_tables, document
from stacks.config import load_stage
from tests.support.project import PROJECT

BILLS = stage_bills(load_stage("prod", PROJECT))


def test_each_load_is_a_table_of_quantity_times_price_in_80_columns() -> None:
    told = StringIO()
    for part in bill_tables(BILLS):
        Console(file=told, width=80).print(part)
    text = told.getvalue()
    assert "1,460.00 instance-hours" in text
    assert "2.6054 3,803.88" in text
    assert "…" not in text


def test_the_document_is_json_with_sources() -> None:
    told = json.loads(json.dumps(document("prod", "us-east-1", BILLS)))
    assert [load["load"] for load in told["loads"]] == ["idle", "expected", "peak"]
    assert all(line["source"] for load in told["loads"] for line in load["lines"])


def test_the_largest_numbers_are_not_cut() -> None:
    told = StringIO()
    for part in bill_tables(stage_bills(load_stage("local", PROJECT))):
        Console(file=told, width=80).print(part)
    text = told.getvalue()
    assert "…" not in text
    assert "13,534,200,000 GB-s" in text


def test_the_function_with_the_model_is_no_instance() -> None:
    told = StringIO()
    for part in bill_tables(stage_bills(load_stage("tiny", PROJECT))):
        Console(file=told, width=80).print(part)
    assert "expected: one function with the model, 1,000 requests an hour" in told.getvalue()
    assert "instances" not in told.getvalue()


def test_one_instance_is_singular() -> None:
    told = StringIO()
    for part in bill_tables(stage_bills(load_stage("local", PROJECT))):
        Console(file=told, width=80).print(part)
    assert "idle: 1 real-time instance, 0 requests an hour" in told.getvalue()
