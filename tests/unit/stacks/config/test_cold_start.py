"""[api.cold_start]: met where an endpoint can be cold, and within the time there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stacks.config import ColdStartConfig
from tests.support.stage_files import PROD, load, message

TO_ZERO = {"scale_to_zero": True, "max_instances": 2}

ZERO = {
    "realtime__autoscaling": TO_ZERO,
    "realtime__deployment__strategy": "all-at-once",
    "realtime__initial_instance_count": 1,
}


def test_a_cold_start_is_met_where_there_is_one(root: Path) -> None:
    assert load(root, PROD).cold_start is None
    assert load(root, PROD, **ZERO).cold_start == ColdStartConfig(mode="reject")
    stated = load(root, PROD, api__cold_start={"mode": "queue"}).cold_start
    assert stated == ColdStartConfig(mode="queue")


LONG = {"api__lambda_timeout_seconds": 800, "api__gateway_timeout_seconds": 840}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"api__cold_start": {"mode": "hold"}},
            "hold_seconds: got 600; must be at most 380, what model_timeout_seconds (120) leaves "
            "of lambda_timeout_seconds (500)",
            id="held longer than the function runs",
        ),
        pytest.param(
            {
                **LONG,
                "api__reserved_concurrency": 128,
                "api__cold_start": {"mode": "hold", "max_held_requests": 128},
            },
            "max_held_requests: got 128; must be below reserved_concurrency (128)",
            id="nobody left to reject",
        ),
        pytest.param(
            {"async": None, "api__cold_start": {"mode": "queue"}},
            "mode: got 'queue'; must be 'reject' or 'hold' without [async], whose queue it is",
            id="no queue",
        ),
        pytest.param(
            {"api__cold_start": {"mode": "wait"}},
            "mode: got 'wait'; must be 'reject', 'hold' or 'queue'",
            id="unknown mode",
        ),
    ],
)
def test_a_cold_start_that_cannot_be_met_so_is_refused(
    root: Path, changes: dict[str, Any], expected: str
) -> None:
    assert f"config/test.toml: api.cold_start.{expected}" in message(root, PROD, **changes)


def test_requests_are_held_within_the_functions_time(root: Path) -> None:
    held = {"mode": "hold", "hold_seconds": 680}
    assert load(root, PROD, **LONG, api__cold_start=held).cold_start is not None
