"""[async] and [batch]: switched on by being there, and refused before a GPU is paid for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.stage_files import LOCAL, PROD, load, message

ASYNC = {"instance_type": "ml.g6e.xlarge", "max_instances": 2}
BATCH = {"instance_type": "ml.g6e.xlarge", "max_concurrent_transforms": 8}


def test_jobs_are_left_out_unless_their_sections_are_there(root: Path) -> None:
    config = load(root, PROD, **{"async": None, "batch": None})
    assert (config.asynchronous, config.batch) == (None, None)


def test_jobs_are_switched_on_by_their_sections(root: Path) -> None:
    config = load(root, PROD, **{"async": ASYNC, "batch": BATCH})
    assert config.asynchronous is not None
    assert config.batch is not None
    assert config.asynchronous.min_instances == 0
    assert config.asynchronous.max_instances == 2
    assert config.batch.max_concurrent_transforms == 8


@pytest.mark.parametrize(
    ("section", "changes", "expected"),
    [
        ("async", {"max_instance": 2}, "async.max_instance: unknown key; did you mean max_instanc"),
        (
            "async",
            {"min_instances": 3},
            "async.max_instances: got 2; must be at least min_instances (3)",
        ),
        (
            "async",
            {"invocation_timeout_seconds": 1200, "scale_in_after_idle_seconds": 1200},
            "async.scale_in_after_idle_seconds: got 1200; must be more than "
            "invocation_timeout_seconds (1200)",
        ),
        (
            "async",
            {"scale_in_after_idle_seconds": 1201},
            "async.scale_in_after_idle_seconds: got 1201; must be a multiple of 60",
        ),
        (
            "async",
            {"invocation_timeout_seconds": 3601},
            "async.invocation_timeout_seconds: got 3601; must be less than or equal to 3600",
        ),
        (
            "async",
            {"request_ttl_seconds": 59},
            "async.request_ttl_seconds: got 59; must be greater than or equal to 60",
        ),
        (
            "async",
            {"instance_type": "ml.c7i.xlarge"},
            "async.instance_type: got 'ml.c7i.xlarge'; engine vllm must have a GPU",
        ),
        (
            "async",
            {"webhook": {"url": "http://example.com", "secret_name": "twin"}},
            "async.webhook.url: got 'http://example.com'; must match pattern",
        ),
        (
            "async",
            {"webhook": {"url": "https://example.com", "secret": "twin"}},
            "async.webhook.secret_name: missing",
        ),
        (
            "batch",
            {"max_concurrent_transforms": 50, "max_payload_mb": 3},
            "batch.max_concurrent_transforms: got 50; must be at most 33 with max_payload_mb 3",
        ),
        (
            "batch",
            {"instance_type": "ml.p5.48xlarge"},
            "batch.instance_type: got 'ml.p5.48xlarge'; must be of a family that batch transform",
        ),
        (
            "batch",
            {"instance_type": "ml.g4dn.xlarge"},
            "batch.instance_type: got 'ml.g4dn.xlarge'; engine vllm must have a newer GPU",
        ),
        (
            "batch",
            {"schedules": [{"name": "a", "expression": "daily", "input_prefix": "scheduled/a/"}]},
            "batch.schedules.0.expression: got 'daily'; must be spelled like rate(1 day) or cron(",
        ),
        (
            "batch",
            {"schedules": [{"name": "a", "expresion": "rate(1 day)"}]},
            "batch.schedules.0.expression: missing",
        ),
        (
            "batch",
            {"model_archive": "s3://weights/v1.tar.gz"},
            "batch.model_archive: got 's3://weights/v1.tar.gz'; must be left out without model.s3",
        ),
    ],
)
def test_what_is_wrong_in_a_job_section_is_named(
    root: Path, section: str, changes: dict[str, Any], expected: str
) -> None:
    base = {"async": ASYNC, "batch": BATCH}[section]
    assert f"config/test.toml: {expected}" in message(root, PROD, **{section: {**base, **changes}})


def test_a_schedules_misspelled_key_is_told_the_right_one(root: Path) -> None:
    schedule = {"name": "a", "expresion": "rate(1 day)", "input_prefix": "scheduled/a/"}
    text = message(root, PROD, batch={**BATCH, "schedules": [schedule]})
    assert "batch.schedules.0.expresion: unknown key; did you mean expression" in text


def test_schedules_have_names_of_their_own(root: Path) -> None:
    schedule = {"name": "a", "expression": "rate(1 day)", "input_prefix": "scheduled/a/"}
    text = message(root, PROD, batch={**BATCH, "schedules": [schedule, schedule]})
    assert "must have a name each" in text


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


def test_a_signing_key_is_refused_and_not_repeated(root: Path) -> None:
    key = "whsec_" + "a" * 32
    webhook = {"url": "https://example.com/hooks", "secret_name": key}
    text = message(root, PROD, **{"async": {**ASYNC, "webhook": webhook}})
    assert key not in text
    assert "async.webhook.secret_name: must not be a credential" in text
