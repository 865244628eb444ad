"""The check of SageMaker's quotas: the instances that an account may have, by type and use.

A new account has none of any type with a GPU:
https://github.com/aws/amazon-sagemaker-examples/issues/307
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from doctor.findings import Finding, failure, ok, warning
from doctor.surroundings import Surroundings
from stacks.config import RealtimeConfig, StageConfig

Time = Literal["first deployment", "full load", "update", "fallback", "batch"]
"""The moment at which instances are needed."""

_CONSEQUENCES: dict[Time, str] = {
    "first deployment": "the deployment fails with ResourceLimitExceeded",
    "full load": "scaling out stops there",
    "update": "an update at full load fails: old and new instances run side by side",
    "fallback": "such instances are not started when AWS has none of the preferred type",
    "batch": "batches fail",
}


@dataclass(frozen=True)
class Need:
    """Instances that a stage needs at one time.

    Attributes:
        time: the moment.
        quota: name of the quota.
        instances: of that type and use.
    """

    time: Time
    quota: str
    instances: int


def needs(config: StageConfig) -> list[Need]:
    """List the needs of a stage: real-time and asynchronous endpoints share their quotas."""
    first, full, double = Counter[str](), Counter[str](), Counter[str]()
    realtime, queue = config.realtime, config.asynchronous
    if realtime is not None:
        name, most = _endpoint(realtime.instance_type), realtime.autoscaling.max_instances
        first[name] += realtime.initial_instance_count
        shadow = realtime.shadow.instance_count if realtime.shadow else 0
        full[name] += most + shadow
        double[name] += most + _beside(realtime) + shadow
    if queue is not None:
        first[_endpoint(queue.instance_type)] += max(1, queue.min_instances)
        full[_endpoint(queue.instance_type)] += queue.max_instances
        double[_endpoint(queue.instance_type)] += 2 * queue.max_instances
    found = [
        *(Need("first deployment", quota, count) for quota, count in first.items()),
        *(Need("full load", quota, count) for quota, count in full.items()),
        *(Need("update", quota, count) for quota, count in double.items()),
    ]
    if realtime is not None:
        fallbacks = realtime.fallback_instance_types
        found += [Need("fallback", _endpoint(t), most) for t in fallbacks]
    if config.batch is not None:
        quota = f"{config.batch.instance_type} for transform job usage"
        found.append(Need("batch", quota, config.batch.instance_count))
    return found


def _endpoint(instance_type: str) -> str:
    return f"{instance_type} for endpoint usage"


def _beside(realtime: RealtimeConfig) -> int:
    """Return how many real-time instances an update starts beside the old ones, at most."""
    most = realtime.autoscaling.max_instances
    if realtime.autoscaling.scale_to_zero or realtime.deployment.strategy == "rolling":
        return math.ceil(most * realtime.deployment.step_percent / 100)
    return most


def look(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Compare the account's quotas with the needs of the stage."""
    wanted = needs(config)
    quotas = _quotas(around, {need.quota for need in wanted})
    for need in wanted:
        yield _compare(around, need, quotas.get(need.quota))


def _quotas(around: Surroundings, names: set[str]) -> dict[str, Mapping[str, Any]]:
    """Return the quotas by name: those applied, and AWS's defaults for what is not applied.

    Only pages of all of them are to be had, a hundred a page: AWS publishes no codes by name.
    """
    found: dict[str, Mapping[str, Any]] = {}
    client = around.client("service-quotas")
    for operation in ("list_service_quotas", "list_aws_default_service_quotas"):
        pages = client.get_paginator(operation).paginate(
            ServiceCode="sagemaker", PaginationConfig={"PageSize": 100}
        )
        for page in pages:
            for quota in page["Quotas"]:
                found.setdefault(quota["QuotaName"], quota)
            if names <= found.keys():
                return found
    return found


def _compare(around: Surroundings, need: Need, quota: Mapping[str, Any] | None) -> Finding:
    if quota is None:
        return warning(
            f"{need.time}: Service Quotas lists no {need.quota!r}; {need.instances} are needed",
            f"ask AWS's support for it: {around.console('support/home')}",
        )
    has = int(quota["Value"])
    if has >= need.instances:
        return ok(f"{need.time}: {need.instances} of {has} instances, {need.quota}")
    page = around.console(f"servicequotas/home/services/sagemaker/quotas/{quota['QuotaCode']}")
    tell = failure if need.time == "first deployment" else warning
    return tell(
        f"{need.time}: {need.instances} instances are needed, and the quota {need.quota!r} is "
        f"{has}: {_CONSEQUENCES[need.time]}",
        f"ask for {need.instances} (it can take days): {page}",
    )
