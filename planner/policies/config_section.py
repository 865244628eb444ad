"""The config section of a policy: read from a stage, printed for a stage."""

from __future__ import annotations

from autoscaling.schedule import ScheduledAction
from planner.policies.policy import ScalingPlan
from stacks.config import RealtimeConfig, ScalingScheduleConfig


def from_config(realtime: RealtimeConfig) -> ScalingPlan:
    """Return a stage's own policy."""
    config = realtime.autoscaling
    return ScalingPlan(
        name="config",
        min_instances=config.min_instances,
        max_instances=config.max_instances,
        metric=config.metric,
        target=config.target,
        scale_in_cooldown=config.scale_in_cooldown_seconds,
        scale_out_cooldown=config.scale_out_cooldown_seconds,
        schedules=tuple(map(_action, config.schedules)),
        initial_instances=realtime.initial_instance_count,
    )


def _action(schedule: ScalingScheduleConfig) -> ScheduledAction:
    return ScheduledAction(
        name=schedule.name,
        schedule=schedule.schedule,
        timezone=schedule.timezone,
        min_capacity=schedule.min_instances,
        max_capacity=schedule.max_instances,
    )


def to_toml(plan: ScalingPlan) -> str:
    """Return the section [realtime.autoscaling] that makes a policy.

    A fixed count follows no metric, and a section without one has the default, which has no effect
    between equal limits.
    """
    zero = plan.min_instances == 0
    lines = [
        "[realtime.autoscaling]",
        "scale_to_zero = true" if zero else f"min_instances = {plan.min_instances}",
        f"max_instances = {plan.max_instances}",
    ]
    if plan.metric is not None:
        lines += [f'metric = "{plan.metric}"', f"target = {plan.target:g}"]
    lines += [
        f"scale_in_cooldown_seconds = {plan.scale_in_cooldown:.0f}",
        f"scale_out_cooldown_seconds = {plan.scale_out_cooldown:.0f}",
    ]
    return "\n".join([*lines, *map(_schedule_toml, plan.schedules)]) + "\n"


def _schedule_toml(action: ScheduledAction) -> str:
    limits = (("min_instances", action.min_capacity), ("max_instances", action.max_capacity))
    return "\n".join(
        [
            "\n[[realtime.autoscaling.schedules]]",
            f'name = "{action.name}"',
            f'schedule = "{action.schedule}"',
            f'timezone = "{action.timezone}"',
            *(f"{key} = {value}" for key, value in limits if value is not None),
        ]
    )
