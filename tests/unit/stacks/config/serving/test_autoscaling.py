"""Every way to scale is declared by config, and what cannot work together is refused with why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.stage_files import LOCAL, PROD, load, message

SCALING = {"min_instances": 1, "max_instances": 4}
TO_ZERO = {"scale_to_zero": True, "max_instances": 2}
ZERO = {
    "realtime__autoscaling": TO_ZERO,
    "realtime__deployment__strategy": "all-at-once",
    "realtime__initial_instance_count": 1,
}
MORNING = {"name": "morning", "schedule": "cron(0 8 ? * MON-FRI *)", "min_instances": 3}
NIGHT = {"name": "night", "schedule": "cron(0 20 ? * MON-FRI *)", "max_instances": 2}
BUSY = {"realtime__autoscaling": SCALING, "realtime__deployment__strategy": "all-at-once"}


def with_schedules(*schedules: dict[str, Any]) -> dict[str, Any]:
    return {**BUSY, "realtime__autoscaling": {**SCALING, "schedules": list(schedules)}}


def test_an_endpoint_that_goes_to_zero_rests_there(root: Path) -> None:
    scaling = load(root, PROD, **ZERO).endpoint.autoscaling
    assert (scaling.min_instances, scaling.max_instances) == (0, 2)
    stated = load(root, PROD, **{**ZERO, "realtime__autoscaling__min_instances": 0})
    assert stated.endpoint.autoscaling.min_instances == 0


@pytest.mark.parametrize(
    ("metric", "target"),
    [("concurrency", 8), ("invocations", 600), ("queued-requests", 2.5), ("kv-cache-use", 0.8)],
)
def test_every_metric_has_a_target(root: Path, metric: str, target: float) -> None:
    scaling = {**SCALING, "metric": metric, "target": target}
    changes = {**BUSY, "realtime__autoscaling": scaling}
    assert load(root, PROD, **changes).endpoint.autoscaling.target == target


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"realtime__autoscaling": {"min_instances": 0, "max_instances": 2}},
            "realtime.autoscaling.min_instances: got 0; must be at least 1 unless scale_to_zero is",
            id="a variant that holds its model keeps one",
        ),
        pytest.param(
            {**ZERO, "realtime__autoscaling__min_instances": 1},
            "realtime.autoscaling.min_instances: got 1; must be 0 or left out with scale_to_zero",
            id="to zero, but not quite",
        ),
        pytest.param(
            {**ZERO, "realtime__deployment__strategy": "canary"},
            "realtime.deployment.strategy: got 'canary'; must be 'all-at-once' with autoscaling.",
            id="canary of a component",
        ),
        pytest.param(
            {**ZERO, "realtime__initial_instance_count": 3},
            "realtime.initial_instance_count: got 3; must be from 1 to autoscaling.max_instances",
            id="more copies at first than ever",
        ),
        pytest.param(
            {"realtime__autoscaling": {**SCALING, "metric": "kv-cache-use", "target": 1}},
            "realtime.autoscaling.target: got 1; must be below 1 with metric 'kv-cache-use'",
            id="a full cache is never exceeded",
        ),
        pytest.param(
            {"realtime__autoscaling": {**SCALING, "target": 0}},
            "realtime.autoscaling.target: got 0; must be greater than 0",
            id="a target of nothing",
        ),
        pytest.param(
            {**BUSY, "realtime__autoscaling__target": 128, "api__reserved_concurrency": 128},
            "realtime.autoscaling.target: got 128; must be below 128, all that api.reserved_concu",
            id="more streams than the functions open",
        ),
        pytest.param(
            {"realtime__autoscaling": {**SCALING, "metric": "cpu"}},
            "realtime.autoscaling.metric: got 'cpu'; must be 'concurrency', 'invocations', 'queued",
            id="unknown metric",
        ),
        pytest.param(
            {"realtime__autoscaling": {**SCALING, "instance_scale_in": {}}},
            "realtime.autoscaling.instance_scale_in: must be left out unless scale_to_zero is true",
            id="instances without copies",
        ),
        pytest.param(
            {**ZERO, "realtime__autoscaling__instance_scale_in": {"max_step": 2}},
            "realtime.autoscaling.instance_scale_in.max_step: got 2; must be left out unless str",
            id="steps of an idle release",
        ),
        pytest.param(
            {"realtime__prefix_routing": {"prefix_bytes": 2048}},
            "realtime.prefix_routing: must be left out with routing 'least-outstanding-requests'",
            id="prefixes without their routing",
        ),
        pytest.param(
            {
                "realtime__routing": "prefix-aware",
                "realtime__prefix_routing": {"prefix_bytes": 512},
            },
            "realtime.prefix_routing.prefix_bytes: got 512; must be greater than or equal to 1024",
            id="a prefix too short",
        ),
        pytest.param(
            {"realtime__serverless": {"memory_mb": 6144}},
            "realtime.serverless: unknown key; SageMaker's serverless endpoints have no GPU",
            id="serverless",
        ),
        pytest.param(
            {"serverless": {"memory_mb": 6144}},
            "serverless: unknown key; SageMaker's serverless endpoints have no GPU",
            id="serverless as a section",
        ),
        pytest.param(
            {"realtime__autoscaling__target_concurrent_requests": 5},
            "realtime.autoscaling.target_concurrent_requests: unknown key; it is target now",
            id="the target's old name",
        ),
    ],
)
def test_what_cannot_scale_is_named_with_why(
    root: Path, changes: dict[str, Any], expected: str
) -> None:
    assert f"config/test.toml: {expected}" in message(root, PROD, **changes)


@pytest.mark.parametrize(
    ("schedules", "expected"),
    [
        (
            [{**MORNING, "min_instances": 9}],
            "0.min_instances: got 9; must be from min_instances (1)",
        ),
        ([{**NIGHT, "max_instances": 0}], "0.max_instances: got 0; must be from min_instances (1)"),
        (
            [{**MORNING, "max_instances": 2}],
            "0.max_instances: got 2; must be at least min_instances (3)",
        ),
        (
            [MORNING, NIGHT],
            "0.min_instances: got 3; must be at most 2, the max_instances that schedule 'night' le",
        ),
        (
            [{**MORNING, "max_instances": 4}, NIGHT],
            "1.max_instances: got 2; must be at least 3, the min_instances that schedule 'morning'",
        ),
        (
            [{**MORNING, "min_instances": None}],
            "0.min_instances: missing; must be set, or max_inst",
        ),
        (
            [{**MORNING, "timezone": "Europe/Atlantis"}],
            "0.timezone: got 'Europe/Atlantis'; must be a name of the IANA time zone database",
        ),
        (
            [{**MORNING, "schedule": "cron(0 8 * * *)"}],
            "0.schedule: got 'cron(0 8 * * *)'; must be spelled like at(2030-01-31T08:00:00), rate",
        ),
        (
            [{**MORNING, "schedule": "at(2030-02-31T08:00:00)"}],
            "0.schedule: got 'at(2030-02-31T08:00:00)'; must have a date and a time that exist",
        ),
        (
            [{**MORNING, "schedule": "cron(0 25 ? * 2 *)"}],
            "0.schedule: got 'cron(0 25 ? * 2 *)'; must have hours 0-23 in place of '25'",
        ),
        (
            [{**MORNING, "schedule": "cron(0 8 * * * *)"}],
            "0.schedule: got 'cron(0 8 * * * *)'; must have ? as its day of the month or as its",
        ),
        (
            [{**MORNING, "cron": "daily"}],
            "0.cron: unknown key; must be one of name, schedule, time",
        ),
    ],
)
def test_a_schedule_that_cannot_hold_is_refused(
    root: Path, schedules: list[dict[str, Any]], expected: str
) -> None:
    given = [{k: v for k, v in one.items() if v is not None} for one in schedules]
    text = message(root, PROD, **with_schedules(*given))
    assert f"config/test.toml: realtime.autoscaling.schedules.{expected}" in text


def test_schedules_that_agree_are_taken(root: Path) -> None:
    both = {**MORNING, "max_instances": 4}, {**NIGHT, "min_instances": 1}
    config = load(root, PROD, **with_schedules(*both))
    assert [s.timezone for s in config.endpoint.autoscaling.schedules] == ["UTC", "UTC"]
    berlin = load(root, PROD, **with_schedules({**MORNING, "timezone": "Europe/Berlin"}))
    assert berlin.endpoint.autoscaling.schedules[0].timezone == "Europe/Berlin"


def test_schedules_have_names_of_their_own(root: Path) -> None:
    text = message(root, PROD, **with_schedules(MORNING, MORNING))
    assert "must have a name each, and morning is there twice" in text


def test_a_night_may_end_at_zero(root: Path) -> None:
    night = {**NIGHT, "max_instances": 0}
    changes = {**ZERO, "realtime__autoscaling": {**TO_ZERO, "schedules": [night]}}
    assert load(root, PROD, **changes).endpoint.autoscaling.schedules[0].max_instances == 0


def test_a_local_stage_may_go_to_zero(root: Path) -> None:
    scaling = {"realtime__autoscaling": TO_ZERO}
    assert load(root, LOCAL, **scaling).endpoint.autoscaling.scale_to_zero
