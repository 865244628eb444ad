"""The bill of a stage's buckets."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.billing.load import Traffic, loads
from planner.billing.storage import storage, storage_lines
from stacks.config import StageConfig, load_stage
from tests.support.project import PROJECT

PROD = load_stage("prod", PROJECT)
GIB = 2**30


def gigabytes(stage: StageConfig, traffic: Traffic, root: Path = PROJECT) -> float:
    found = storage(stage, loads(stage, traffic)[1], traffic, root)
    return found.gigabytes if found else 0.0


def test_what_is_kept_lies_there_for_its_retention() -> None:
    traffic = Traffic(background_per_hour=10, prompt_tokens=700, tokens=300)
    # 10 an hour for 30 days, of 1,000 tokens of 5 bytes and 2,000 bytes of JSON.
    assert gigabytes(PROD, traffic) == pytest.approx(10 * 720 * 7000 / GIB)
    traffic = Traffic(lines_per_hour=100, prompt_tokens=700, tokens=300)
    assert gigabytes(PROD, traffic) == pytest.approx(100 * 720 * 5000 / GIB)


def test_captured_prompts_and_answers_are_kept_too() -> None:
    assert PROD.realtime is not None
    tenth = PROD.realtime.model_copy(update={"data_capture_percent": 10})
    captured = PROD.model_copy(update={"realtime": tenth})
    traffic = Traffic(requests_per_hour=100, prompt_tokens=700, tokens=300)
    assert gigabytes(captured, traffic) == pytest.approx(10 * 720 * 5000 / GIB)


def test_published_weights_lie_there_once_more_for_batches(tmp_path: Path) -> None:
    local = load_stage("local", PROJECT)
    folder = tmp_path / str(local.model.artifacts)
    folder.mkdir(parents=True)
    (folder / "model.gguf").write_bytes(b"x" * 1000)
    (folder / ".hidden").write_bytes(b"x")
    assert gigabytes(local, Traffic(), tmp_path) == 2000 / GIB
    alone = local.model_copy(update={"batch": None})
    assert gigabytes(alone, Traffic(), tmp_path) == 1000 / GIB


def test_a_stage_that_keeps_nothing_has_no_lines() -> None:
    alone = PROD.model_copy(update={"asynchronous": None, "batch": None})
    assert storage(alone, loads(alone, Traffic())[1], Traffic(), PROJECT) is None


def test_writes_cost_more_than_reads() -> None:
    traffic = Traffic(background_per_hour=10, lines_per_hour=500)
    found = storage(PROD, loads(PROD, traffic)[1], traffic, PROJECT)
    assert found is not None
    assert (found.writes, found.reads) == (10 * 3 + 2, 10 * 4 + 3)
    _, writes, reads = storage_lines(found)
    assert writes.price.usd > reads.price.usd
    assert not writes.price.derived
    assert "2025-10-28" in writes.price.source
