"""A stage without [api] is an endpoint alone: what only the API's functions can do is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stacks.config import StageConfig
from tests.support.stage_files import ALONE, PROD, load, message


def alone(root: Path, **changes: Any) -> StageConfig:
    return load(root, PROD, **{**ALONE, **changes})


def test_an_endpoint_alone_is_neither_probed_nor_met_while_cold(root: Path) -> None:
    scaling = {"scale_to_zero": True, "max_instances": 2}
    at_once = {"strategy": "all-at-once"}
    stage = alone(root, realtime__autoscaling=scaling, realtime__deployment=at_once)

    assert stage.api is None
    assert stage.cold_start is None
    assert not alone(root).is_probed


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"async": PROD["async"]}, "async: must be left out without [api]"),
        ({"batch": PROD["batch"]}, "batch: must be left out without [api]"),
        ({"retrieval": {}}, "retrieval: must be left out without [api]"),
        (
            {
                "realtime__autoscaling__metric": "queued-requests",
                "realtime__autoscaling__target": 3,
            },
            "realtime.autoscaling.metric: got 'queued-requests'; must be 'concurrency' or "
            "'invocations' without [api]",
        ),
    ],
)
def test_what_the_api_does_is_refused_without_it(
    root: Path, changes: dict[str, Any], expected: str
) -> None:
    assert expected in message(root, PROD, **{**ALONE, **changes})


def test_the_packages_platform_is_the_projects(root: Path) -> None:
    said = message(root, PROD, api__package_platform="host")

    assert "api.package_platform: unknown key; it is in [project] now" in said
    assert alone(root, project__package_platform="host").project.package_platform == "host"
