"""Application Auto Scaling on this machine: policies run, and change the number of engines.

Decisions: 0049, a faster clock; 0056, capacity takes time; 0060, one set of scaling rules.
"""

from __future__ import annotations

from localcloud.applicationautoscaling import cloudformation
from localcloud.applicationautoscaling.driver import Driver
from localcloud.applicationautoscaling.operations import AutoScaling
from localcloud.applicationautoscaling.registry import COPY_COUNT, Registry, TargetKey
from localcloud.awsjson.service import JsonService, Worker
from localcloud.ministack_hooks import register_service


def install(worker: Worker) -> Registry:
    """Add the service to the ministack of this process; return what it keeps."""
    registry = Registry()
    operations = AutoScaling(registry).operations()
    service = JsonService("application-autoscaling", operations, worker)
    register_service(
        "application-autoscaling",
        target_prefix="AnyScaleFrontendService.",
        host_pattern=r"^application-autoscaling\.",
        handle=service.handle,
    )
    cloudformation.register(service)
    return registry


__all__ = ["COPY_COUNT", "Driver", "Registry", "TargetKey", "install"]
