"""Step Functions' integrations with transform jobs.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from localcloud.awsjson.service import JsonService, Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.ministack_hooks import TaskFailedError, add_integration, add_sdk_integrations

LOOK_SECONDS = 0.1
"""Pause between two looks at a job that is waited for."""

_MODELLED = {"ResourceInUse", "ResourceLimitExceeded", "ResourceNotFound"}
"""Errors of the service's model; any other reaches a state machine as the service's own."""


def register(service: JsonService) -> None:
    """Let state machines run transform jobs, and call any other operation of the service."""
    resource = "arn:aws:states:::sagemaker:createTransformJob"
    add_integration(resource, lambda job, _: _create(service, job))
    add_integration(f"{resource}.sync", lambda job, aborted: _run(service, job, aborted))
    add_sdk_integrations("sagemaker", target_prefix="SageMaker", error_prefix="SageMaker")


def _create(service: JsonService, job: Document) -> Document:
    return _call(service, "CreateTransformJob", job)


def _run(service: JsonService, job: Document, aborted: Callable[[], bool]) -> Document:
    """Start a job and wait for its end; stop it when the execution is."""
    _create(service, job)
    name = {"TransformJobName": job["TransformJobName"]}
    stopped = False
    while True:
        found = _call(service, "DescribeTransformJob", name)
        status = found["TransformJobStatus"]
        if status == "Completed":
            return found
        if status not in ("InProgress", "Stopping"):
            raise TaskFailedError("States.TaskFailed", json.dumps(found))
        if status == "InProgress" and aborted() and not stopped:
            stopped = True
            _call(service, "StopTransformJob", name)
        time.sleep(LOOK_SECONDS)


def _call(service: JsonService, operation: str, parameters: Document) -> Document:
    try:
        answer = service.worker.call(service.call(operation, parameters, Scope.of_request()))
    except ServiceError as error:
        code = f"{error.code}Exception" if error.code in _MODELLED else "AmazonSageMakerException"
        told = f"{error.message} (Service: AmazonSageMaker; Status Code: {error.status}; "
        raise TaskFailedError(
            f"SageMaker.{code}", f"{told}Error Code: {error.code}; Request ID: local)"
        ) from error
    return answer
