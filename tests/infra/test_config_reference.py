"""The config reference names properties and variables that the templates have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from stacks.config.reference import render
from tests.support.synthesized import Synthesized
from tests.support.synthesizer import NO_JOBS


@pytest.fixture(scope="module")
def rare(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """A stage with what no other one switches on."""
    hosts = {"instance_type": "ml.m5.2xlarge", "volume_gb": 100}  # those with GPUs have disks
    realtime = {
        **hosts,
        "data_capture_percent": 10,
        "deployment": {"strategy": "linear", "step_percent": 50},
    }
    model = {"engine": "llama-cpp", "flags": {}}
    parts = {"api": {"quota_per_day": 7}, "model": model, "realtime": realtime}
    embedder = {"embedder": "sagemaker", "embedder_model": "e5", "embedder_dimension": 384}
    return synthesize("prod", **parts, retrieval=embedder, **NO_JOBS)


def names(value: Any) -> Iterator[str]:
    """Every key of an object, at whatever depth."""
    if isinstance(value, dict):
        yield from value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner:
        yield from names(part)


def test_every_key_reaches_what_the_reference_says(
    local: Synthesized,
    tiny: Synthesized,
    snapped: Synthesized,
    full: Synthesized,
    zero: Synthesized,
    pooled: Synthesized,
    rare: Synthesized,
    bounded: Synthesized,
    registered: Synthesized,
    vectored: Synthesized,
    retrieving: Synthesized,
    adapted: Synthesized,
    adapted_zero: Synthesized,
) -> None:
    documents = (vectored, retrieving)
    stages = (local, tiny, snapped, full, zero, pooled, rare, bounded, registered, *documents)
    written = {
        f"{resource['Type']}.{name}"
        for stage in (*stages, adapted, adapted_zero)
        for template in stage.stacks.values()
        for resource in template.raw["Resources"].values()
        for name in names(resource.get("Properties", {}))
    }
    properties = set(re.findall(r"`(AWS::\w+::\w+\.\w+)`", render()))
    variables = set(re.findall(r"`((?:TWIN|POWERTOOLS)_\w+)`", render()))
    assert len(properties) > 40
    assert properties - written == set()
    assert {f"AWS::Lambda::Function.{name}" for name in variables} - written == set()
