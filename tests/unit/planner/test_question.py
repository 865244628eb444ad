"""The question of a plan: the parts of a stage that decide its result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planner.errors import PlanError
from planner.question import ModelQuestion, served, stage_flags, stage_model, traffic_asked
from planner.simulator.outcome import Objective
from tests.support.model_files import LLAMA
from tests.support.project import PROJECT
from tests.support.stage_files import LOCAL, PROD, load


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path


def test_a_stage_brings_its_model_instance_and_engines_limits(root: Path) -> None:
    stage = load(root, PROD, model__max_concurrent_sequences=48)
    model, instance, serving = served(ModelQuestion(), stage, Objective(), seed=0)
    assert (model.name, instance) == ("twin-llama-3.1-8b", "ml.g6e.xlarge")
    assert serving.speed.slots == 48


def test_flags_that_decide_memory_are_the_stages(root: Path) -> None:
    flags = {"gpu_memory_utilization": 0.8, "kv_cache_dtype": "fp8", "max_num_batched_tokens": 4096}
    found = stage_flags(load(root, PROD, model__flags=flags))
    assert (found.gpu_memory_utilization, found.element_bytes) == (0.8, 1)
    assert (found.max_num_batched_tokens, found.max_model_len) == (4096, 16384)


def test_a_stage_that_quantizes_while_loading_serves_the_smaller_model(root: Path) -> None:
    plain = stage_model(load(root, PROD))
    assert stage_model(load(root, PROD, model__quantization="fp8")).weights_bytes < (
        0.6 * plain.weights_bytes
    )


def test_weights_of_the_stages_own_directory_are_read(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT)
    (root / "model_artifacts").symlink_to(PROJECT / "model_artifacts")
    model = stage_model(load(root, LOCAL))
    assert (model.name, model.exact, model.shape.vocabulary) == ("twin-demo", True, 2560)


def test_weights_in_a_bucket_need_a_config(root: Path, tmp_path: Path) -> None:
    stage = load(root, PROD, model__hub=None, model__s3="s3://weights/twin/", batch=None)
    with pytest.raises(PlanError, match="got s3://weights/twin/, which is not read from here"):
        stage_model(stage)
    config = tmp_path / "config.json"
    config.write_text(json.dumps(LLAMA | {"intermediate_size": 14_336}))
    assert stage_model(stage, config).shape.layers == 32


def test_what_is_left_out_of_traffic_has_defaults() -> None:
    asked = traffic_asked(None, None, None, 2.0, seed=3)
    assert asked == {"kind": "poisson", "rate": 5.0, "duration": 7200.0, "seed": 3}
