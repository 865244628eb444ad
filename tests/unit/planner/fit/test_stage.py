"""A stage's model on the stage's instance types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planner.fit.stage import StageFit, stage_fit
from planner.models.sources import find_model
from stacks.config import load_stage
from tests.support.project import PROJECT
from tests.support.stage_files import LOCAL, PROD, load

ALONE = {"async": None, "batch": None, "realtime__autoscaling__min_instances": 2}
LLAMA_CPP: dict[str, Any] = {
    **ALONE,
    "model__engine": "llama-cpp",
    "model__flags": {},
    "realtime__instance_type": "ml.m5.4xlarge",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path


def found(root: Path, **changes: Any) -> StageFit:
    return stage_fit(load(root, PROD, **changes), root)


@pytest.mark.parametrize("stage", ["prod", "dev", "local"])
def test_committed_stages_fit(stage: str) -> None:
    assert stage_fit(load_stage(stage, PROJECT), PROJECT) == StageFit()


def test_weights_that_a_gpu_does_not_hold_are_refused_with_the_sum(root: Path) -> None:
    fit = found(root, **ALONE, realtime__instance_type="ml.g6.xlarge", model__context_length=65536)
    assert fit.unknown is None
    (told,) = fit.refusals
    assert told.startswith(
        "realtime.instance_type: got 'ml.g6.xlarge', which does not hold llama-3.1-8b: "
        "weights 14.96 + 65536 tokens of KV cache 8.00 + overhead "
    )
    assert "GiB per GPU; usable are 19.83; must be a model.context_length of at most" in told


def test_each_type_of_a_stage_is_held_against_the_model(root: Path) -> None:
    fit = found(
        root,
        model__context_length=131072,
        realtime__fallback_instance_types=["ml.g6.xlarge"],
        batch__instance_type="ml.g6.xlarge",
    )
    keys = [told.partition(":")[0] for told in fit.refusals]
    assert keys == ["realtime.fallback_instance_types.0", "batch.instance_type"]


def test_a_smaller_share_of_the_gpu_holds_less(root: Path) -> None:
    fit = found(root, **ALONE, model__flags={"gpu-memory-utilization": 0.3})
    assert "usable are 13.32" in fit.refusals[0]


def test_llama_cpp_takes_the_context_times_the_sequences(root: Path) -> None:
    (told,) = found(root, **LLAMA_CPP).refusals
    assert told.startswith(
        "realtime.instance_type: got 'ml.m5.4xlarge', which does not hold llama-3.1-8b: weights "
        "14.96 + KV cache 128.00 (16384 tokens x 64 sequences) = 142.96 GiB; the instance has 64;"
    )
    assert found(root, **LLAMA_CPP | {"model__max_concurrent_sequences": 16}) == StageFit()


def test_an_engine_without_a_formula_must_hold_the_weights_and_a_request(root: Path) -> None:
    engine = {**ALONE, "model__engine": "sglang", "model__flags": {}}
    engine["model__chat_template"] = None
    big = {**engine, "model__hub": "Qwen/Qwen3-32B", "model__context_length": 16384}
    told = found(root, **big).refusals[0]
    assert "weights 61.02 + 16384 tokens of KV cache 4.00 = 65.02 GiB; its GPUs have 44.40" in told
    assert found(root, **engine) == StageFit()
    small = {**engine, "realtime__instance_type": "ml.g6.xlarge", "model__context_length": 131072}
    told = found(root, **small).refusals[0]
    assert "weights 14.96 + 131072 tokens of KV cache 16.00 = 30.96 GiB" in told
    halved = {**small, "model__flags": {"kv-cache-dtype": "fp8_e5m2"}}
    assert "KV cache 8.00" in found(root, **halved).refusals[0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"model__hub": "someone/unknown"}, "the shape of someone/unknown is not known here"),
        ({"model__flags": {"cpu_offload_gb": 8}}, "model.flags.cpu_offload_gb changes what"),
        ({"model__flags": {"kv-cache-dtype": "fp9"}}, "kv cache dtype: got 'fp9'"),
        ({"model__flags": {"gpu_memory_utilization": "x"}}, "gpu_memory_utilization and"),
        ({"realtime__instance_type": "ml.p6-b200.48xlarge"}, "got 'ml.p6-b200.48xlarge'"),
    ],
)
def test_nothing_is_guessed(root: Path, changes: dict[str, Any], expected: str) -> None:
    fit = found(root, **ALONE, **changes)
    assert fit.refusals == ()
    assert fit.unknown is not None
    assert expected in fit.unknown
    assert "twin plan fit" in fit.unknown


def test_weights_under_a_prefix_are_held_against_it_once_somebody_has_read_them(
    root: Path,
) -> None:
    in_bucket = {**LLAMA_CPP, "model__hub": None, "model__s3": "s3://weights/here/"}
    fit = found(root, **in_bucket)
    assert fit.unknown is not None
    assert fit.unknown.startswith("the shape of s3://weights/here/ is not known here")
    read = find_model("llama-3.1-8b")
    (told,) = stage_fit(load(root, PROD, **in_bucket), root, read).refusals
    assert "KV cache 128.00 (16384 tokens x 64 sequences)" in told


def test_a_directory_is_weighed_by_its_headers() -> None:
    model = LOCAL["model"]["artifacts"]
    assert (PROJECT / model).is_dir()
    local = load_stage("local", PROJECT)
    larger = local.model.model_copy(
        update={"context_length": 10_000_000, "max_concurrent_sequences": 4096}
    )
    fit = stage_fit(local.model_copy(update={"model": larger}), PROJECT)
    assert "realtime.instance_type: got 'ml.c7i.xlarge'" in fit.refusals[0]
