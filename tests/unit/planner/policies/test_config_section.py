"""From a stage's config to a policy and back."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from autoscaling.schedule import ScheduledAction
from planner.policies.config_section import from_config, to_toml
from planner.policies.policy import ScalingPlan
from stacks.config import AutoscalingConfig, RealtimeConfig, StageConfig
from tests.support.stage_files import PROD, load


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path


def staged(root: Path, plan: ScalingPlan) -> StageConfig:
    """A stage with the section that is printed for a plan."""
    section = tomllib.loads(to_toml(plan))["realtime"]["autoscaling"]
    count = max(1, plan.min_instances)
    changes: dict[str, Any] = {
        "realtime__autoscaling": section,
        "realtime__initial_instance_count": count,
        "realtime__deployment__strategy": "all-at-once",
    }
    return load(root, PROD, **changes)


EARLY = ScheduledAction(
    name="early",
    schedule="cron(30 7 ? * MON-FRI *)",
    timezone="Europe/Berlin",
    min_capacity=3,
    max_capacity=9,
)
LATE = ScheduledAction(name="late", schedule="cron(0 20 * * ? *)", min_capacity=1)


@pytest.mark.parametrize(
    "plan",
    [
        ScalingPlan(name="config", target=8.5),
        ScalingPlan(name="config", metric="invocations", target=40, max_instances=6),
        ScalingPlan(name="config", metric="queued-requests", target=2, scale_out_cooldown=60),
        ScalingPlan(name="config", metric="kv-cache-use", target=0.7, scale_in_cooldown=200),
        ScalingPlan(name="config", min_instances=0, max_instances=4),
        ScalingPlan(name="config", schedules=(EARLY, LATE)),
    ],
    ids=lambda plan: f"{plan.metric}-{plan.min_instances}-{len(plan.schedules)}",
)
def test_the_section_printed_for_a_policy_makes_it(root: Path, plan: ScalingPlan) -> None:
    read = from_config(staged(root, plan).endpoint)
    assert read.initial_instances == max(1, plan.min_instances)
    assert read == ScalingPlan(**{**vars(plan), "initial_instances": read.initial_instances})


def test_a_fixed_count_becomes_equal_limits(root: Path) -> None:
    fixed = ScalingPlan(name="fixed:3", min_instances=3, max_instances=3, metric=None)
    read = from_config(staged(root, fixed).endpoint)
    assert (read.min_instances, read.max_instances, read.scales) == (3, 3, False)


def test_everything_that_decides_counts_is_taken_from_a_stage() -> None:
    schedule = {"name": "day", "schedule": "cron(0 8 * * ? *)", "timezone": "Asia/Tokyo"}
    config = AutoscalingConfig.model_validate(
        {
            "scale_to_zero": True,
            "max_instances": 5,
            "metric": "kv-cache-use",
            "target": 0.6,
            "scale_in_cooldown_seconds": 10,
            "scale_out_cooldown_seconds": 20,
            "schedules": [{**schedule, "min_instances": 2}],
        }
    )
    realtime = RealtimeConfig(
        instance_type="ml.g5.2xlarge", initial_instance_count=2, autoscaling=config
    )
    assert from_config(realtime) == ScalingPlan(
        name="config",
        min_instances=0,
        max_instances=5,
        metric="kv-cache-use",
        target=0.6,
        scale_in_cooldown=10,
        scale_out_cooldown=20,
        schedules=(
            ScheduledAction(
                name="day", schedule="cron(0 8 * * ? *)", timezone="Asia/Tokyo", min_capacity=2
            ),
        ),
        initial_instances=2,
    )
