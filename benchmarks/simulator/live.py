"""A real-time endpoint in a local cloud of its own, scaled for real by a clock that runs faster."""

from __future__ import annotations

import json
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from botocore.config import Config
from metered_cloud import REPOSITORY

from autoscaling.schedule import ScheduledAction
from localcloud.ports import free_port
from localcloud.settings import HEALTH_PATH, Settings
from planner.hardware.throughput import Speed
from planner.policies.policy import ScalingPlan
from planner.workload.trace import Arrivals
from twin.local.cloud import LocalCloud

NAME, VARIANT = "agreement", "AllTraffic"
STARTS = 2
MOST_AT_ONCE = 256
LOOK_SECONDS = 10.0
"""By the clock, between looks at the instance count."""
PREDEFINED = {
    "concurrency": "SageMakerVariantConcurrentRequestsPerModelHighResolution",
    "invocations": "SageMakerVariantInvocationsPerInstance",
}
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{NAME}/variant/{VARIANT}",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


@dataclass
class Replay:
    """Observations of a replay of requests, in seconds by the clock.

    Attributes:
        late: how much later than it should each request was sent.
        took: from sending each request to its whole answer.
        counts: (when, instances in service).
    """

    late: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    counts: list[tuple[float, int]] = field(default_factory=list)


class MeteredCloud(LocalCloud):
    """A local cloud whose engines have a known speed."""

    module = "benchmarks.simulator.metered_cloud"


class LiveEndpoint:
    """The endpoint and the clock that scales it."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._factor = cloud.settings.clock_factor
        self._sagemaker = self._client("sagemaker")
        self._scaling = self._client("application-autoscaling")
        self._runtime = self._client("sagemaker-runtime")
        self._offset = self._read_clock(cloud.settings.origin + HEALTH_PATH)

    def _client(self, service: str) -> Any:
        config = Config(max_pool_connections=MOST_AT_ONCE, retries={"total_max_attempts": 1})
        origin = self._cloud.settings.origin
        session: Any = self._cloud.session  # boto3's types know literal names only
        return session.client(service, endpoint_url=origin, config=config)

    def _read_clock(self, url: str) -> float:
        before = time.time()
        with urllib.request.urlopen(url) as answer:
            shown = json.load(answer)["clock"]
        return float(shown - (before + time.time()) / 2 * self._factor)

    def now(self) -> float:
        """The present by the local cloud's clock."""
        return time.time() * self._factor + self._offset

    def wait_until(self, at: float) -> None:
        """Sleep until the clock shows a time."""
        time.sleep(max(0.0, (at - self.now()) / self._factor))

    def deploy(self, speed: Speed, instances: int) -> None:
        """Put an engine of that speed, by the clock, behind the endpoint."""
        metered = {
            "PREFILL": speed.prefill / self._factor,
            "STEP": speed.step / self._factor,
            "SEQUENCE": speed.sequence / self._factor,
            "SLOTS": speed.slots,
        }
        self._sagemaker.create_model(
            ModelName=NAME,
            ExecutionRoleArn="arn:aws:iam::000000000042:role/Benchmark",
            PrimaryContainer={
                "Image": REPOSITORY,
                "Environment": {name: str(value) for name, value in metered.items()},
            },
        )
        variant = {
            "VariantName": VARIANT,
            "ModelName": NAME,
            "InstanceType": "ml.c5.large",
            "InitialInstanceCount": instances,
            "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
        }
        self._sagemaker.create_endpoint_config(
            EndpointConfigName=NAME, ProductionVariants=[variant]
        )
        self._sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
        self.settle()

    def settle(self) -> None:
        """Wait until no change is under way."""
        while (status := self._describe()["EndpointStatus"]) != "InService":
            assert status in {"Creating", "Updating"}, status
            time.sleep(0.05)

    def _describe(self) -> dict[str, Any]:
        return dict(self._sagemaker.describe_endpoint(EndpointName=NAME))

    def instances(self) -> int:
        """Instances in service."""
        return int(self._describe()["ProductionVariants"][0]["CurrentInstanceCount"])

    def scale(self, instances: int) -> float:
        """Change the count by hand; return the seconds it took."""
        begun = self.now()
        desired = {"VariantName": VARIANT, "DesiredInstanceCount": instances}
        self._sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=NAME, DesiredWeightsAndCapacities=[desired]
        )
        self.settle()
        return self.now() - begun

    def ask(self, tokens: int) -> float:
        """Send a request and read its answer; return the seconds it took."""
        begun = self.now()
        answer = self._runtime.invoke_endpoint(
            EndpointName=NAME,
            ContentType="application/json",
            Body=json.dumps({"max_tokens": tokens}),
        )
        answer["Body"].read()
        return self.now() - begun

    def measure_start(self) -> float:
        """Return the mean seconds until a second instance is in service."""
        seconds = []
        for _ in range(STARTS):
            seconds.append(self.scale(2))
            self.scale(1)
        return float(np.mean(seconds))

    def follow(self, plan: ScalingPlan) -> None:
        """Let a policy scale from now on."""
        assert plan.metric is not None
        limits = {"MinCapacity": plan.min_instances, "MaxCapacity": plan.max_instances}
        self._scaling.register_scalable_target(**TARGET, **limits)
        for action in plan.schedules:
            self._schedule(action)
        self._scaling.put_scaling_policy(
            **TARGET,
            PolicyName=plan.metric,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": plan.target,
                "PredefinedMetricSpecification": {"PredefinedMetricType": PREDEFINED[plan.metric]},
                "ScaleInCooldown": int(plan.scale_in_cooldown),
                "ScaleOutCooldown": int(plan.scale_out_cooldown),
            },
        )

    def _schedule(self, action: ScheduledAction) -> None:
        limits = {"MinCapacity": action.min_capacity, "MaxCapacity": action.max_capacity}
        self._scaling.put_scheduled_action(
            **TARGET,
            ScheduledActionName=action.name,
            Schedule=action.schedule,
            Timezone=action.timezone,
            ScalableTargetAction={key: value for key, value in limits.items() if value is not None},
        )

    def activities(self) -> list[str]:
        """Return the scaling activities and the cause of each, the oldest first."""
        found = self._scaling.describe_scaling_activities(**TARGET)["ScalingActivities"]
        return [f"{one['Description']} {one['Cause']}" for one in reversed(found)]

    def replay(self, arrivals: Arrivals, end: float) -> Replay:
        """Send every request at its time by the clock, and look at the count until the end."""
        seen, done = Replay(), threading.Event()
        watch = threading.Thread(target=self._watch, args=(seen, done))
        watch.start()
        try:
            with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
                times, tokens = arrivals.times.tolist(), arrivals.generated.tolist()
                for at, generated in zip(times, tokens, strict=True):
                    self.wait_until(at)
                    pool.submit(self._send, seen, at, generated)
            self.wait_until(end)
        finally:
            done.set()
            watch.join()
        return seen

    def _send(self, seen: Replay, at: float, tokens: int) -> None:
        seen.late.append(self.now() - at)
        seen.took.append(self.ask(tokens))

    def _watch(self, seen: Replay, done: threading.Event) -> None:
        while not done.wait(LOOK_SECONDS / self._factor):
            seen.counts.append((self.now(), self.instances()))


@contextmanager
def live_endpoint(speed: Speed, factor: float, provisioning: float) -> Iterator[LiveEndpoint]:
    """Start a local cloud with an endpoint of a single instance.

    Args:
        speed: of an instance, by the clock.
        factor: how much faster that clock runs.
        provisioning: seconds by it that an instance takes before its engine starts.
    """
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings(
            port=free_port(),
            data_dir=Path(directory),
            clock_factor=factor,
            provisioning_seconds=provisioning,
        )
        cloud = MeteredCloud(settings)
        cloud.start(stop_with_us=True)
        try:
            endpoint = LiveEndpoint(cloud)
            endpoint.deploy(speed, 1)
            yield endpoint
        finally:
            cloud.stop()
