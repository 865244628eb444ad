"""Defaults and bounds of the engine's flags."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planner.errors import PlanError
from planner.fit.flags import VERSION, EngineFlags, known_version, read_version
from planner.hardware.catalogue import gpu
from tests.support.project import PROJECT


@pytest.mark.parametrize(
    ("device", "sequences", "tokens"),
    [("A10G", 256, 2048), ("A100-80", 256, 2048), ("H100", 1024, 8192), ("RTXPRO6000", 1024, 8192)],
)
def test_large_gpus_take_larger_batches(device: str, sequences: int, tokens: int) -> None:
    flags = EngineFlags().on(gpu(device))
    assert (flags.max_num_seqs, flags.max_num_batched_tokens) == (sequences, tokens)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gpu_memory_utilization": 0}, "got 0; must be above 0 and at most 1"),
        ({"gpu_memory_utilization": float("nan")}, "got nan; must be above 0"),
        ({"max_num_seqs": 0}, "max num seqs: got 0; must be 1 to"),
        ({"max_model_len": -5}, "max model len: got -5; must be 1 to"),
        ({"kv_cache_dtype": "int3"}, "got 'int3'; must be one of auto"),
    ],
)
def test_absurd_values_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        EngineFlags(**changes)


def test_versions_are_read_as_vllm_writes_them() -> None:
    assert (read_version("0.11.2"), read_version("v0.30")) == ((0, 11), (0, 30))
    with pytest.raises(PlanError, match=r"got 'latest'; must be like 0\.30"):
        read_version("latest")


@pytest.mark.parametrize("text", ["99.0", "0.31", "1.0", "0.6.4"])
def test_a_version_of_which_nothing_is_known_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match=r"neither overhead nor defaults .* must be 0\.7 to 0\.30"):
        known_version(text)


def test_the_newest_known_version_is_the_images() -> None:
    table = json.loads((PROJECT / "stacks" / "engines" / "images.json").read_text())
    versions = {each["version"] for each in table["images"] if each["engine"] == "vllm"}
    assert max(map(read_version, versions)) == VERSION
    assert known_version("0.30.0") == VERSION
