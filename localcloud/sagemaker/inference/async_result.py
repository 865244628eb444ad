"""The result of an asynchronous request: an object in S3, and a message to a topic.

https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-check-predictions.html
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from localcloud.awsjson.shapes import Document
from localcloud.ministack_hooks import publish
from localcloud.ministack_hooks.iam import Session
from localcloud.sagemaker.inference.async_request import AsyncRequest
from localcloud.sagemaker.storage.objects import ObjectError, Objects

Status = Literal["Completed", "Failed", "Expired"]

LARGEST_INCLUDED = 128 * 1024
"""Bytes of an answer that a message may include (`IncludeInferenceResponseIn`)."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The end of a request.

    Attributes:
        content: the container's answer; where there is none, the reason.
        reason: reason of the failure.
    """

    status: Status
    content: bytes
    content_type: str = "text/plain"
    reason: str | None = None


def failed(reason: str, status: Status = "Failed") -> Outcome:
    """Return the outcome of a request that no container answered."""
    return Outcome(status=status, content=reason.encode(), reason=reason)


async def deliver(
    request: AsyncRequest,
    outcome: Outcome,
    output: Document,
    objects: Objects,
    session: Session,
) -> Outcome:
    """Write the object and send the message; return how the request ended after all.

    Args:
        request: The request that has ended.
        outcome: Its end.
        output: The endpoint's `OutputConfig`.
        objects: The store of the result.
        session: The model's role.
    """
    location = request.output if outcome.status == "Completed" else request.failure
    if location:
        try:
            await objects.put(session, location, outcome.content, outcome.content_type)
        except ObjectError as error:
            outcome = failed(f"ClientError: Could not write the result to {error}")
    settings = output.get("NotificationConfig") or {}
    kind = "Success" if outcome.status == "Completed" else "Error"
    if topic := settings.get(f"{kind}Topic"):
        included = f"{kind.upper()}_NOTIFICATION_TOPIC" in settings.get(
            "IncludeInferenceResponseIn", []
        )
        message = _message(request, outcome, included=included)
        publish(topic, json.dumps(message), session)
    return outcome


def _message(request: AsyncRequest, outcome: Outcome, *, included: bool) -> Document:
    given = request.parameters
    completed = outcome.status == "Completed"
    failure = str(request.failure) if request.failure and not completed else None
    message: Document = {
        "awsRegion": request.scope.region,
        "eventTime": _timestamp(datetime.now(UTC)),
        "receivedTime": _timestamp(datetime.fromtimestamp(request.received, UTC)),
        "invocationStatus": outcome.status,
        "failureReason": outcome.reason,
        "failureLocation": failure,
        "requestParameters": _without_none(
            {
                "accept": given.get("Accept"),
                "contentType": given.get("ContentType"),
                "customAttributes": given.get("CustomAttributes"),
                "endpointName": request.endpoint,
                "inputLocation": given.get("InputLocation"),
            }
        ),
        "responseParameters": {
            "contentType": outcome.content_type,
            "outputLocation": str(request.output),
        }
        if completed
        else None,
        "responseBody": _body(outcome) if included else None,
        "inferenceId": request.inference_id,
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }
    return _without_none(message)


def _without_none(document: Document) -> Document:
    return {name: value for name, value in document.items() if value is not None}


def _body(outcome: Outcome) -> Document | None:
    if len(outcome.content) > LARGEST_INCLUDED:
        return None
    if "json" in outcome.content_type:
        return {"content": outcome.content.decode(errors="replace"), "encoding": "JSON"}
    return {"content": base64.b64encode(outcome.content).decode(), "encoding": "BASE64"}


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
