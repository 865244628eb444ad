"""Demands of the load: waiting for capacity, and scaling by a metric."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.config.sections import StageSections


def metric_problems(stage: StageSections) -> Iterator[str]:
    """Say why scaling cannot follow a metric of the engine's."""
    if stage.realtime is None:
        return
    scaling, engine = stage.realtime.autoscaling, stage.engine
    if stage.scales_on_engine_metrics and scaling.metric not in engine.metrics.names:
        known = ", ".join(["concurrency", "invocations", *engine.metrics.names])
        yield (
            f"realtime.autoscaling.metric: got {scaling.metric!r}; for engine {engine.name} "
            f"must be one of {known}"
        )
    if scaling.metric == "queued-requests" and scaling.scale_to_zero:
        yield (
            "realtime.autoscaling.metric: got 'queued-requests'; must be another one with "
            "scale_to_zero: a queue is empty as soon as the capacity is enough, and not only "
            "when there is nothing to do"
        )


def load_problems(stage: StageSections) -> Iterator[str]:
    """Say which load can neither be waited for nor be scaled by."""
    if stage.api is None or stage.realtime is None:
        return
    if stage.api.cold_start and stage.api.cold_start.mode == "queue" and not stage.asynchronous:
        yield (
            "api.cold_start.mode: got 'queue'; must be 'reject' or 'hold' without [async], "
            "whose queue it is"
        )
    scaling, streams = stage.realtime.autoscaling, stage.api.reserved_concurrency
    if stage.api.probe and scaling.scale_to_zero:
        yield (
            "api.probe: got true; must be left out or false with scale_to_zero: a request each "
            "minute would never let the endpoint go to zero"
        )
    if scaling.metric != "concurrency" or streams is None:
        return
    fewest = max(1, scaling.min_instances)
    if fewest < scaling.max_instances and scaling.target * fewest >= streams:
        yield (
            f"realtime.autoscaling.target: got {scaling.target:g}; must be below "
            f"{streams / fewest:g}, all that api.reserved_concurrency ({streams}) lets through "
            f"to each of {fewest} instances, or there are never more of them"
        )
