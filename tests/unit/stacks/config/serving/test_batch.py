"""[batch]: switched on by being there, and refused before a GPU is paid for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.stage_files import LOCAL, PROD, load, message

BATCH = {"instance_type": "ml.g6e.xlarge", "max_concurrent_transforms": 8}


def test_it_is_left_out_unless_its_section_is_there(root: Path) -> None:
    assert load(root, PROD, batch=None).batch is None


def test_it_is_switched_on_by_its_section(root: Path) -> None:
    config = load(root, PROD, batch=BATCH).batch
    assert config is not None
    assert config.max_concurrent_transforms == 8


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"max_concurrent_transforms": 50, "max_payload_mb": 3},
            "batch.max_concurrent_transforms: got 50; must be at most 33 with max_payload_mb 3",
        ),
        (
            {"instance_type": "ml.p5.48xlarge"},
            "batch.instance_type: got 'ml.p5.48xlarge'; must be of a family that batch transform",
        ),
        (
            {"instance_type": "ml.g4dn.xlarge"},
            "batch.instance_type: got 'ml.g4dn.xlarge'; engine vllm must have a newer GPU",
        ),
        (
            {"schedules": [{"name": "a", "expression": "daily", "input_prefix": "scheduled/a/"}]},
            "batch.schedules.0.expression: got 'daily'; must be spelled like rate(1 day) or cron(",
        ),
        (
            {"schedules": [{"name": "a", "expresion": "rate(1 day)"}]},
            "batch.schedules.0.expression: missing",
        ),
        (
            {"model_archive": "s3://weights/v1.tar.gz"},
            "batch.model_archive: got 's3://weights/v1.tar.gz'; must be left out without model.s3",
        ),
    ],
)
def test_what_is_wrong_is_named_before_a_gpu_is_paid_for(
    root: Path, changes: dict[str, Any], expected: str
) -> None:
    text = message(root, PROD, **{"batch": {**BATCH, **changes}})
    assert f"config/test.toml: {expected}" in text


def test_a_schedules_misspelled_key_is_told_the_right_one(root: Path) -> None:
    schedule = {"name": "a", "expresion": "rate(1 day)", "input_prefix": "scheduled/a/"}
    text = message(root, PROD, batch={**BATCH, "schedules": [schedule]})
    assert "batch.schedules.0.expresion: unknown key; did you mean expression" in text


def test_schedules_have_names_of_their_own(root: Path) -> None:
    schedule = {"name": "a", "expression": "rate(1 day)", "input_prefix": "scheduled/a/"}
    text = message(root, PROD, batch={**BATCH, "schedules": [schedule, schedule]})
    assert "must have a name each" in text


def test_a_schedule_recurs(root: Path) -> None:
    once = {"name": "a", "expression": "at(2030-01-31T08:00:00)", "input_prefix": "scheduled/a/"}
    text = message(root, PROD, batch__schedules=[once])
    assert "must be spelled like rate(1 day) or cron(0 3 * * ? *)" in text


def test_weights_at_a_prefix_need_an_archive_for_batches(root: Path) -> None:
    staged = {"model__hub": None, "model__s3": "s3://weights/v1/"}
    assert "batch.model_archive: missing; must be the s3:// address of a .tar.gz" in message(
        root, PROD, **staged, batch=BATCH
    )
    archive = {**BATCH, "model_archive": "s3://weights/v1.tar.gz"}
    assert load(root, PROD, **staged, batch=archive).batch is not None


def test_no_llama_cpp_image_with_a_gpu_runs_on_batch_hosts(root: Path) -> None:
    text = message(root, LOCAL, batch=BATCH)
    assert "batch.instance_type: got 'ml.g6e.xlarge'; engine llama-cpp must have a CPU" in text


def test_names_of_batch_jobs_must_fit(root: Path) -> None:
    text = message(root, PROD, project__name="a-name-of-24-characters-", batch=BATCH)
    assert "project.name: got 'a-name-of-24-characters-'; must be at most 25 characters" in text
