"""Hosts that SageMaker does not have are refused before a deploy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.stage_files import LOCAL, PROD, load, message


@pytest.mark.parametrize(
    "type_",
    ["ml.g5.xlarge", "ml.g6e.xlarge", "ml.g7e.2xlarge", "ml.p4d.24xlarge", "ml.p5.48xlarge"],
)
def test_volume_beside_disks_of_its_own_is_refused(root: Path, type_: str) -> None:
    changes = {"instance_type": type_, "volume_gb": 200}
    text = message(root, PROD, **{f"realtime__{key}": value for key, value in changes.items()})
    assert f"realtime.volume_gb: got 200; must be left out for {type_}: such instances" in text


def test_volume_is_refused_for_the_asynchronous_endpoint_and_for_fallbacks(root: Path) -> None:
    text = message(root, PROD, **{"async": {"instance_type": "ml.g6.xlarge", "volume_gb": 50}})
    assert "async.volume_gb: got 50; must be left out for ml.g6.xlarge" in text
    changes: dict[str, Any] = {
        "realtime__volume_gb": 50,
        "realtime__fallback_instance_types": ["ml.m5d.large"],
    }
    assert "realtime.volume_gb: got 50; must be left out for ml.m5d.large:" in message(
        root, LOCAL, **changes
    )


def test_volume_of_an_instance_without_disks_is_set(root: Path) -> None:
    assert load(root, LOCAL, realtime__volume_gb=50).endpoint.volume_gb == 50


@pytest.mark.parametrize("key", ["realtime__instance_type", "batch__instance_type"])
def test_size_that_a_family_has_not_is_refused(root: Path, key: str) -> None:
    text = message(root, PROD, **{key: "ml.g6e.3xlarge", "batch__instance_count": 1})
    assert f"{key.replace('__', '.')}: got 'ml.g6e.3xlarge'; must be of a size of g6e: xla" in text
