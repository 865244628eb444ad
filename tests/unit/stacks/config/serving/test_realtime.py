"""[realtime]: fallback types that can serve, and requests that begin alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.config import PrefixRoutingConfig
from tests.support.stage_files import PROD, load, message


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (["ml.g6.12xlarge"], "0: got 'ml.g6.12xlarge' with 4 GPUs; must have 1, like ml.g6e.xlar"),
        (["ml.c7i.xlarge"], "0: got 'ml.c7i.xlarge' with 0 GPUs; must have 1, like ml.g6e.xlarge"),
        (["ml.g6.xlarge", "ml.g6.xlarge"], "1: got 'ml.g6.xlarge'; must be named once"),
        (["ml.g6e.xlarge"], "0: got 'ml.g6e.xlarge'; must be named once"),
        (["ml.g4dn.xlarge"], "0: got 'ml.g4dn.xlarge'; engine vllm must have a newer GPU"),
        (["ml.g7e.2xlarge"], "0: got 'ml.g7e.2xlarge'; must run on the same AMI as ml.g6e.xlarge"),
        (["g6.xlarge"], "0: got 'g6.xlarge'; must be spelled like ml.g6e.xlarge"),
    ],
)
def test_a_fallback_that_could_not_serve_is_refused(
    root: Path, types: list[str], expected: str
) -> None:
    text = message(root, PROD, realtime__fallback_instance_types=types)
    assert f"config/test.toml: realtime.fallback_instance_types.{expected}" in text


def test_there_are_at_most_five_types(root: Path) -> None:
    sizes = ("2xlarge", "4xlarge", "8xlarge", "16xlarge")
    types = [f"ml.g6e.{size}" for size in sizes]
    config = load(root, PROD, realtime__fallback_instance_types=types)
    assert config.endpoint.instance_types == ("ml.g6e.xlarge", *types)
    text = message(root, PROD, realtime__fallback_instance_types=[*types, "ml.g6.xlarge"])
    assert "realtime.fallback_instance_types: got " in text


def test_a_region_that_lacks_the_image_is_named_once(root: Path) -> None:
    changes = {"project__region": "me-west-1", "model__engine": "lmi", "model__flags": {}}
    text = message(root, PROD, **changes, realtime__fallback_instance_types=["ml.g6.xlarge"])
    assert text.count("project.region: got 'me-west-1'; must be one of") == 1


def test_prefixes_are_compared_until_an_instance_is_full(root: Path) -> None:
    config = load(root, PROD, realtime__routing="prefix-aware")
    assert config.prefix_routing == PrefixRoutingConfig(prefix_bytes=4096, max_in_flight=64)
    stated = {"prefix_bytes": 2048, "max_in_flight": 8}
    config = load(root, PROD, realtime__routing="prefix-aware", realtime__prefix_routing=stated)
    assert config.prefix_routing == PrefixRoutingConfig(**stated)
    wide = {"model__max_concurrent_sequences": 4096, "realtime__routing": "prefix-aware"}
    routing = load(root, PROD, **wide).prefix_routing
    assert routing is not None
    assert routing.max_in_flight == 1024
    assert load(root, PROD).prefix_routing is None
