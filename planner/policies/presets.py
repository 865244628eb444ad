"""Scaling policies by name: those that others recommend, fixed counts, and any target."""

from __future__ import annotations

from planner.errors import PlanError
from planner.policies.policy import METRICS, ScalingPlan

_NAMED = {
    # LLM Engineer's Handbook, chapter 10: InvocationsPerCopy 5, 1 to 6 copies, 200 s. Its code:
    # https://github.com/PacktPublishing/LLM-Engineers-Handbook
    "book": ScalingPlan(
        name="book",
        max_instances=6,
        metric="invocations",
        target=5,
        scale_in_cooldown=200,
        scale_out_cooldown=200,
    ),
    # AWS's notebook: concurrency 5, default cooldowns; its maximum of 2 is lifted.
    # https://github.com/aws/amazon-sagemaker-examples, sm-app_autoscaling_realtime_endpoints.ipynb
    "aws-sample": ScalingPlan(name="aws-sample"),
}


def _load_test(most_requests_per_second: float) -> ScalingPlan:
    """AWS's rule: the most requests per second an instance bears, x 0.5 x 60.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-loadtest.html
    """
    target = round(most_requests_per_second * 0.5 * 60)
    return ScalingPlan(name="load-test", metric="invocations", target=max(1, target))


def preset(name: str, most_requests_per_second: float) -> ScalingPlan:
    """Return a policy by name: book, aws-sample, load-test, fixed:N or METRIC:TARGET.

    Args:
        name: of the policy.
        most_requests_per_second: that one instance bears, for the load-test rule.

    Raises:
        PlanError: there is none of that name.
    """
    kind, _, value = name.partition(":")
    try:
        if name in _NAMED:
            return _NAMED[name]
        if name == "load-test":
            return _load_test(most_requests_per_second)
        if kind == "fixed":
            count = int(value)
            return ScalingPlan(name=name, min_instances=count, max_instances=count, metric=None)
        if kind in METRICS:
            return ScalingPlan(name=name, metric=kind, target=float(value))
    except ValueError as error:
        raise PlanError(f"policy: got {name!r}; must end in a number") from error
    known = ", ".join(
        [*_NAMED, "load-test", "fixed:N", *(f"{metric}:TARGET" for metric in METRICS)]
    )
    raise PlanError(f"policy: got {name!r}; must be one of {known}")
