"""Scaling handed from a variant to another and back, as CloudFormation asks in a deployment."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import uuid4

from lambda_api.handlers.scalable_targets import ScalableTargets
from tests.least_privilege.world import World

_PREFIX = "scaling/"
_EXTRA = "test"
"""The name of what scales an endpoint beside what its stack made."""


def realtime_handover(world: World) -> None:
    """A deployment of another variant of the real-time endpoint, and its rollback."""
    _deploy_and_roll_back(_Endpoint(world, "twin-local", "serving", "artifacts"))


def async_handover(world: World) -> None:
    """The same of the asynchronous endpoint."""
    _deploy_and_roll_back(_Endpoint(world, "twin-local-async", "async", "jobs"))


@dataclass(frozen=True)
class _Endpoint:
    """An endpoint that scales in every way.

    Attributes:
        stack: Its stack, without the stage.
        kept_in: Part of the name of the bucket that keeps what is released.
    """

    world: World
    name: str
    stack: str
    kept_in: str

    @cached_property
    def bucket(self) -> str:
        return self.world.bucket(f"{self.stack}-{self.kept_in}")

    @cached_property
    def variant(self) -> str:
        found = self.world.aws("sagemaker").describe_endpoint(EndpointName=self.name)
        return str(found["ProductionVariants"][0]["VariantName"])

    @cached_property
    def key(self) -> dict[str, str]:
        return {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{self.name}/variant/{self.variant}",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }

    def policies(self) -> set[str]:
        scaling = self.world.aws("application-autoscaling")
        found = scaling.describe_scaling_policies(**self.key)["ScalingPolicies"]
        return {policy["PolicyName"] for policy in found}

    @contextmanager
    def scaled_in_every_way(self) -> Iterator[None]:
        """Add a schedule, and a policy that an alarm acts by."""
        scaling = self.world.aws("application-autoscaling")
        cloudwatch, alarm = (
            self.world.aws("cloudwatch"),
            f"{self.world.prefix}{self.stack}-{_EXTRA}",
        )
        policy = scaling.put_scaling_policy(
            **self.key,
            PolicyName=_EXTRA,
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration={
                "AdjustmentType": "ExactCapacity",
                "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
            },
        )
        scaling.put_scheduled_action(
            **self.key,
            ScheduledActionName=_EXTRA,
            Schedule="cron(0 8 ? * MON *)",
            ScalableTargetAction={"MaxCapacity": 2},
        )
        cloudwatch.put_metric_alarm(
            AlarmName=alarm,
            AlarmActions=[policy["PolicyARN"]],
            Namespace=_EXTRA,
            MetricName=_EXTRA,
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
        )
        yield
        cloudwatch.delete_alarms(AlarmNames=[alarm])
        scaling.delete_scheduled_action(**self.key, ScheduledActionName=_EXTRA)
        scaling.delete_scaling_policy(**self.key, PolicyName=_EXTRA)

    @contextmanager
    def restored_by_operator(self, kept: str) -> Iterator[None]:
        """Bring back what was released, where the function could not."""
        targets = ScalableTargets(
            scaling=self.world.aws("application-autoscaling"),
            alarms=self.world.aws("cloudwatch"),
            s3=self.world.aws("s3"),
            bucket=self.bucket,
            prefix=_PREFIX,
            alarm_prefix=f"{self.world.prefix}{self.stack}-",
        )
        try:
            yield
        finally:
            targets.restore(kept)


def _deploy_and_roll_back(endpoint: _Endpoint) -> None:
    kept = f"config-{uuid4().hex}"
    there = {"Endpoint": endpoint.name, "Bucket": endpoint.bucket, "Prefix": _PREFIX}
    there["StackName"] = f"{endpoint.world.prefix}{endpoint.stack}"
    old = {**there, "Variant": endpoint.variant, "Config": kept}
    new = {**there, "Variant": "other", "Config": f"config-{uuid4().hex}"}
    with endpoint.scaled_in_every_way(), endpoint.restored_by_operator(kept):
        before = endpoint.policies()
        _hand_over(endpoint, "before", new, old)
        assert not endpoint.policies()
        # The new variant has a registration of its own: nothing was kept for it.
        _hand_over(endpoint, "after", new, old)
        _hand_over(endpoint, "after", old, new)
        assert endpoint.policies() == before


def _hand_over(
    endpoint: _Endpoint, moment: str, now: Mapping[str, str], before: Mapping[str, str]
) -> None:
    """Call the function as CloudFormation does.

    Raises:
        AssertionError: It answers that it failed.
    """
    function = endpoint.world.function("scaling_handover", endpoint.stack)
    with _answers() as (url, told):
        event = {
            "RequestType": "Update",
            "ResponseURL": url,
            "StackId": "stack",
            "RequestId": "request",
            "LogicalResourceId": "Handover",
            "ResourceProperties": {**now, "Moment": moment},
            "OldResourceProperties": {**before, "Moment": moment},
        }
        endpoint.world.invoke(function, event)
    assert told, "no answer"
    assert told[0]["Status"] == "SUCCESS", told[0]["Reason"]


@contextmanager
def _answers() -> Iterator[tuple[str, list[Any]]]:
    """Give a URL, and what is put there."""
    told: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", told
        finally:
            server.shutdown()
            thread.join()
