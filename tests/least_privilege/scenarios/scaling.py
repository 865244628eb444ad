"""Capacity that comes and goes: an engine's own metrics, and an endpoint at zero."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from tests.least_privilege.world import World
from tests.support.localcloud.environments import environments, kill


def engine_metrics(world: World) -> None:
    """The bridge of the engines' metrics: what it is told, it puts where a policy follows it."""
    cloudwatch, began = world.aws("cloudwatch"), datetime.now(UTC)
    config = world.deployment.config

    def counted() -> int:
        world.invoke(world.function("engine_metrics"))
        found = cloudwatch.get_metric_statistics(
            Namespace=config.project.name,
            MetricName="QueuedRequestsPerInstance",
            Dimensions=[{"Name": "EndpointName", "Value": config.endpoint_name}],
            StartTime=began - timedelta(seconds=1),
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
            Period=60,
            Statistics=["SampleCount"],
        )
        return len(found["Datapoints"])

    world.wait(counted, bool)


def waking(world: World) -> None:
    """A caller who waits for the first copy; what is known of its start is shared meanwhile."""
    sagemaker, name = world.aws("sagemaker"), world.deployment.config.endpoint_name

    def copies() -> int:
        found = sagemaker.describe_inference_component(InferenceComponentName=name)
        return int(found["RuntimeConfig"]["CurrentCopyCount"])

    world.wait(copies, bool)
    sagemaker.update_inference_component_runtime_config(
        InferenceComponentName=name, DesiredRuntimeConfig={"CopyCount": 0}
    )
    world.wait(copies, lambda count: count == 0)
    began = int(time.time() * 1000)
    assert world.answer().choices
    group = world.log_group(world.function("run.sh", "api"))
    logged = world.aws("logs").filter_log_events(logGroupName=group, startTime=began)["events"]
    assert not [one for one in logged if "is not shared" in one["message"]], logged


def loading(world: World) -> None:
    """A function that has the model in it, and begins anew: it loads the weights."""
    kill(environments(world.cloud, world.deployment.stage))
    assert world.answer().choices
