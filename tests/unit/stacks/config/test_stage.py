"""The committed stages are valid, and a stage's sections fit each other."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from stacks.config import load_stage
from tests.support.stage_files import LOCAL, PROD, PROJECT, load, message

SCALING = {"min_instances": 2, "max_instances": 4, "target": 0.7}


@pytest.mark.parametrize("metric", ["queued-requests", "kv-cache-use"])
def test_vllm_has_both(root: Path, metric: str) -> None:
    stage = load(root, PROD, realtime__autoscaling={**SCALING, "metric": metric})
    assert stage.scales_on_engine_metrics
    assert stage.engine.metrics.names[metric].startswith("vllm:")


def test_other_metrics_are_not_the_engines(root: Path) -> None:
    assert not load(root, PROD).scales_on_engine_metrics


@pytest.mark.parametrize(
    ("base", "changes", "expected"),
    [
        pytest.param(
            LOCAL,
            {"realtime__autoscaling__metric": "kv-cache-use", "realtime__autoscaling__target": 0.7},
            "realtime.autoscaling.metric: got 'kv-cache-use'; for engine llama-cpp must be one of "
            "concurrency, invocations, queued-requests",
            id="llama.cpp says nothing of its cache",
        ),
        pytest.param(
            PROD,
            {"model__engine": "lmi", "realtime__autoscaling__metric": "queued-requests"},
            "realtime.autoscaling.metric: got 'queued-requests'; for engine lmi must be one of "
            "concurrency, invocations",
            id="LMI has no documented metrics",
        ),
        pytest.param(
            LOCAL,
            {
                "realtime__autoscaling": {
                    "max_instances": 2,
                    "metric": "queued-requests",
                    "scale_to_zero": True,
                }
            },
            "realtime.autoscaling.metric: got 'queued-requests'; must be another one with "
            "scale_to_zero",
            id="an empty queue is not idleness",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused(
    root: Path, base: dict[str, Any], changes: dict[str, Any], expected: str
) -> None:
    assert expected in message(root, base, **changes)


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_committed_stages_are_valid(stage: str) -> None:
    assert load_stage(stage, PROJECT).endpoint_name == f"twin-{stage}"


def test_the_local_stage_is_valid_with_a_gguf_in_its_artifacts(root: Path) -> None:
    assert load(root, LOCAL).model.engine == "llama-cpp"


@pytest.mark.parametrize("stage", ["local", "dev", "prod"])
def test_every_line_of_a_committed_stage_is_commented(stage: str) -> None:
    lines = (PROJECT / "config" / f"{stage}.toml").read_text().splitlines()
    assert [line for line in lines if "=" in line and "#" not in line] == []


# What another choice than the committed one would need.
OTHER_CHOICES = ("s3 = ", "model_archive = ", "scale_to_zero", "instance_scale_in", "idle-release")


FROM_THE_HUB = ("hub = ", "revision = ")
OF_VERSIONS = (
    "registry = ",
    "[registry]",
    "group = ",
    "share_with = ",
    'account = "4444',
    "[rollout]",
    "deploy = ",
    "golden_pass = ",
    "require_golden = ",
    "[realtime.shadow]",
    "while a version shadows",
)


@pytest.mark.parametrize("left_out", [FROM_THE_HUB, OF_VERSIONS], ids=["registry", "hub"])
def test_the_examples_in_a_committed_stage_are_valid(root: Path, left_out: tuple[str, ...]) -> None:
    lines = (PROJECT / "config" / "prod.toml").read_text().splitlines()
    switched_on = [
        re.sub(r"^# (?=\[|\w+ = )", "", line)
        for line in lines
        if not any(choice in line for choice in (*OTHER_CHOICES, *left_out))
    ]
    shutil.copytree(PROJECT / "config" / "templates", root / "config" / "templates")
    (root / "config" / "examples.toml").write_text("\n".join(switched_on))
    config = load_stage("examples", root)
    assert [schedule.name for schedule in config.endpoint.autoscaling.schedules] == ["office-hours"]
    assert config.cold_start is not None
    assert config.prefix_routing is not None


def test_a_stage_is_probed_unless_it_goes_to_zero_or_says_no(root: Path) -> None:
    to_zero = {"max_instances": 2, "scale_to_zero": True}

    assert load(root, LOCAL).is_probed
    assert not load(root, LOCAL, api__probe=False).is_probed
    assert not load(root, LOCAL, realtime__autoscaling=to_zero).is_probed


def test_a_probe_that_keeps_an_endpoint_awake_is_refused(root: Path) -> None:
    to_zero = {"max_instances": 2, "scale_to_zero": True}

    said = message(root, LOCAL, api__probe=True, realtime__autoscaling=to_zero)
    assert "api.probe: got true; must be left out or false with scale_to_zero" in said


def test_a_format_that_the_gpu_only_stores_is_noted(root: Path) -> None:
    asked = {"model__quantization": "fp8"}
    (note,) = load(root, PROD, **asked, realtime__instance_type="ml.g5.2xlarge").notes
    assert "fp8 on g5: weights are stored in 8 bits and computed in 16" in note
    assert load(root, PROD, **asked, realtime__instance_type="ml.g6e.2xlarge").notes == []
