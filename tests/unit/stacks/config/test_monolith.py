"""The [monolith] section: in the place of [realtime], and what it rules out."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.project import PROJECT
from tests.support.stage_files import LOCAL, load, message
from tests.support.synthesizer import copy_project

TINY = tomllib.loads((PROJECT / "config" / "tiny.toml").read_text())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_project(tmp_path)


def test_a_monolith_has_no_endpoint(root: Path) -> None:
    stage = load(root, TINY)
    assert stage.monolith is not None
    assert (stage.realtime, stage.cold_start, stage.prefix_routing) == (None, None, None)
    assert not stage.is_probed
    assert not stage.scales_to_zero
    assert not stage.scales_on_engine_metrics
    with pytest.raises(LookupError, match="in the place of an endpoint"):
        _ = stage.endpoint


def test_jobs_may_stand_beside_it(root: Path) -> None:
    stage = load(root, TINY, **{"async": LOCAL["async"], "batch": LOCAL["batch"]})
    assert stage.asynchronous is not None
    assert stage.batch is not None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"realtime": LOCAL["realtime"]}, "got realtime and monolith; must be exactly one"),
        ({"monolith": None}, "got neither; must be exactly one"),
        ({"model__engine": "vllm"}, "got 'vllm'; must be 'llama-cpp'"),
        ({"model__artifacts": None, "model__hub": "a/b"}, "each cold start would download"),
        ({"model__flags": {"threads": 1}}, "model.flags: must be left out"),
        ({"model__modalities": ["text", "image"]}, "model.modalities: got ['text', 'image']; must"),
        ({"model__max_concurrent_sequences": 8}, "model.max_concurrent_sequences: must be left"),
        (
            {"budget": {"usd_per_month": 9, "emails": ["a@example.com"], "idle_minutes": 60}},
            "budget.idle_minutes: must be left out",
        ),
        ({"monolith__memory_mb": 128}, "monolith.memory_mb: got 128; must be"),
        ({"api": None}, "api: missing; must be there with [monolith]"),
        ({"api__cold_start": {"mode": "reject"}}, "api.cold_start: must be left out"),
        ({"api__probe": True}, "api.probe: got true"),
        ({"api__memory_mb": 512}, "api.memory_mb: must be left out"),
        ({"api__reserved_concurrency": 5}, "it is monolith.max_concurrency"),
    ],
)
def test_what_does_not_fit_is_refused(root: Path, changes: dict[str, Any], words: str) -> None:
    assert words in message(root, TINY, **changes)


def test_memory_that_does_not_hold_cache_and_weights_is_refused_with_the_sum(root: Path) -> None:
    (demo,) = (PROJECT / "model_artifacts" / "demo").glob("*.gguf")
    copy = root / "model_artifacts" / "demo"
    (copy / "tiny.gguf").write_bytes(demo.read_bytes())
    said = message(root, TINY, monolith__memory_mb=512, model__context_length=1_000_000)
    assert "of KV cache for 1000000 tokens" in said
    assert "monolith.memory_mb: got 512; must be at least" in said


def test_two_files_are_refused(root: Path) -> None:
    demo = root / "model_artifacts" / "demo"
    (demo / "other.gguf").write_bytes((demo / "tiny.gguf").read_bytes())
    assert "gguf" in message(root, TINY)
