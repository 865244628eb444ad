"""Demands of other sections on the API: a stage without one is an endpoint and nothing more."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.config.sections import StageSections


def api_problems(stage: StageSections) -> Iterator[str]:
    """Say what a stage without [api] has that only the API's functions can do."""
    if stage.api is not None:
        return
    if stage.asynchronous is not None:
        yield (
            "async: must be left out without [api], whose functions make, keep and end background "
            "responses"
        )
    if stage.batch is not None:
        yield "batch: must be left out without [api], which takes its files and starts its jobs"
    if stage.retrieval is not None:
        yield "retrieval: must be left out without [api], whose functions search before they answer"
    if stage.scales_on_engine_metrics:
        yield (
            f"realtime.autoscaling.metric: got {stage.endpoint.autoscaling.metric!r}; must be "
            "'concurrency' or 'invocations' without [api], whose function carries the engine's "
            "metrics to CloudWatch"
        )
