"""Application Auto Scaling on this machine: what is registered is kept; nothing scales yet."""

from localcloud.applicationautoscaling import cloudformation
from localcloud.applicationautoscaling.operations import AutoScaling
from localcloud.applicationautoscaling.registry import Registry
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


__all__ = ["Registry", "install"]
