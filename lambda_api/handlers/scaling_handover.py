"""The scaling handover function: CloudFormation calls it before and after an endpoint's update.

SageMaker refuses an update that removes a variant, or changes its instance types, while the variant
is registered for scaling, and CloudFormation registers and deregisters in the wrong order for that:
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html

It refuses an update while instances come or go, too, so the function waits for that.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

import boto3
from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import WaiterError

from lambda_api.handlers.scalable_targets import REFUSALS, ScalableTargets

_TIMEOUT_SECONDS = 10
_MOST_CHARACTERS = 1000
_POLL_SECONDS = 5
_RESERVED_SECONDS = 60
"""The part of the function's time that is left for what comes after the wait."""
_logger = Logger(service="scaling-handover")


def handler(event: Mapping[str, Any], context: LambdaContext) -> None:
    """Carry out a request of CloudFormation's, and answer in any case."""
    patience = context.get_remaining_time_in_millis() / 1000 - _RESERVED_SECONDS
    try:
        if event["RequestType"] == "Update":
            hand_over(event["ResourceProperties"], event["OldResourceProperties"], patience)
        _answer(event, "SUCCESS")
    except Exception as error:  # whatever it is: silence would hold the deployment up
        _logger.exception("no handover")
        reason = f"{type(error).__name__}: {error}"
        _answer(event, "FAILED", f"the endpoint's scaling could not be handed over: {reason}")


def hand_over(now: Mapping[str, str], before: Mapping[str, str], patience: float) -> None:
    """Release the scaling of a variant that goes, and restore that of a variant that returns.

    What was released is kept under the name of the endpoint config that it belonged to. That config
    is named again only by a rollback; a new deployment has a new one, and its stack registers.

    Args:
        now: The properties of the custom resource.
        before: Those of before the update.
        patience: Longest wait for instances that are coming or going, in seconds.
    """
    targets = ScalableTargets.connect(
        bucket=now["Bucket"], prefix=now["Prefix"], alarm_prefix=now["StackName"]
    )
    if now["Moment"] == "before":
        if now["Variant"] != before["Variant"]:
            targets.release(now["Endpoint"], before["Variant"], kept_as=before["Config"])
        _await_in_service(now["Endpoint"], patience)
    try:
        targets.restore(now["Config"])
    except REFUSALS as error:
        # The variant may not be back yet; it is when the endpoint has been updated.
        if now["Moment"] != "before":
            raise
        _logger.warning("not restored yet", extra={"reason": str(error)})


def _await_in_service(endpoint: str, patience: float) -> None:
    """Wait while an endpoint changes; one that still does is left to SageMaker to refuse."""
    attempts = max(1, int(patience) // _POLL_SECONDS)
    waiter = boto3.client("sagemaker").get_waiter("endpoint_in_service")
    try:
        waiter.wait(
            EndpointName=endpoint,
            WaiterConfig={"Delay": _POLL_SECONDS, "MaxAttempts": attempts},
        )
    except WaiterError as error:
        _logger.warning("not in service", extra={"reason": str(error)})


def _answer(event: Mapping[str, Any], status: str, reason: str = "") -> None:
    """Tell CloudFormation how it went.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
    """
    told = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    told |= {
        "Status": status,
        "Reason": reason[:_MOST_CHARACTERS],
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"],
    }
    request = urllib.request.Request(  # noqa: S310 - CloudFormation's own address
        event["ResponseURL"], json.dumps(told).encode(), {"content-type": ""}, method="PUT"
    )
    urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS).close()  # noqa: S310
