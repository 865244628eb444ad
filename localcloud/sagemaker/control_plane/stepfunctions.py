"""Step Functions' integrations with SageMaker: the optimized ones of jobs, and the SDK's.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from localcloud.awsjson.service import JsonService, Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.ministack_hooks import Integration, TaskFailedError, add_integration
from localcloud.ministack_hooks.iam import AccessDeniedError, execution_session, sagemaker_resource

LOOK_SECONDS = 0.1
"""Pause between two looks at a job that is waited for."""

_MODELLED = {"ResourceInUse", "ResourceLimitExceeded", "ResourceNotFound"}
"""Errors of the service's model; any other reaches a state machine as the service's own."""


def register(service: JsonService) -> None:
    """Let state machines run transform jobs, and call any other operation of the service."""
    resource = "arn:aws:states:::sagemaker:createTransformJob"
    add_integration(resource, lambda job, _: _create(service, job))
    add_integration(f"{resource}.sync", lambda job, aborted: _run(service, job, aborted))
    for operation in service.operations:
        name = f"{operation[0].lower()}{operation[1:]}"
        add_integration(f"arn:aws:states:::aws-sdk:sagemaker:{name}", _by_sdk(service, operation))


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
        return _answer(service, operation, parameters)
    except ServiceError as error:
        code = f"{error.code}Exception" if error.code in _MODELLED else "AmazonSageMakerException"
        told = f"{error.message} (Service: AmazonSageMaker; Status Code: {error.status}; "
        raise TaskFailedError(
            f"SageMaker.{code}", f"{told}Error Code: {error.code}; Request ID: local)"
        ) from error


def _by_sdk(service: JsonService, operation: str) -> Integration:
    """Return the integration of an operation, whose errors are those of the SDK for Java, 2.x."""

    def call(parameters: Document, _aborted: Callable[[], bool]) -> Document:
        try:
            return _answer(service, operation, parameters)
        except ServiceError as error:
            code = f"{error.code}Exception" if error.code in _MODELLED else "SageMakerException"
            told = f"{error.message} (Service: SageMaker, Status Code: {error.status}, "
            raise TaskFailedError(f"SageMaker.{code}", f"{told}Request ID: local)") from error

    return call


def _answer(service: JsonService, operation: str, parameters: Document) -> Document:
    scope = Scope.of_request()
    _authorize(operation, parameters, scope)
    return service.worker.call(service.call(operation, parameters, scope))


def _authorize(operation: str, parameters: Document, scope: Scope) -> None:
    session = execution_session()
    if session is None:
        return
    resource = sagemaker_resource(operation, parameters, scope.account, scope.region)
    try:
        session.require(f"sagemaker:{operation}", resource)
        if parameters.get("Tags"):
            session.require("sagemaker:AddTags", resource)
    except AccessDeniedError as error:
        raise ServiceError(str(error), code="AccessDeniedException") from error
