"""Step Functions: service integrations that ministack lacks."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any

from ministack.services import stepfunctions

from localcloud.ministack_hooks.patching import Untyped, wrap

Parameters = dict[str, Any]


class TaskFailedError(Exception):
    """A task fails with an error name, which `Retry` and `Catch` match, and a cause."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


Integration = Callable[[Parameters, Callable[[], bool]], Parameters]
"""`(parameters, aborted) -> result`: carries a task out on the execution's thread.

`aborted()` tells whether the execution has been stopped meanwhile. It may raise
`TaskFailedError`.
"""

_execution: ContextVar[dict[str, Any] | None] = ContextVar("execution", default=None)


def add_integration(resource: str, integrate: Integration) -> None:
    """Let state machines use a task resource.

    Args:
        resource: As in a definition, for example `arn:aws:states:::sagemaker:createTransformJob`;
            the resource with `.sync` is another.
        integrate: Carries the task out.
    """
    _integrations[resource] = integrate


def extend_state_machines() -> None:
    """Have executions use the integrations, and stay stopped once they are."""
    wrap(stepfunctions, "_execute_task", _within_execution)
    wrap(stepfunctions, "_invoke_resource", _invoke)
    wrap(stepfunctions, "_fail_execution", _fail_running)


def add_sdk_integrations(service: str, *, target_prefix: str, error_prefix: str) -> None:
    """Let state machines call every operation of a JSON service: `aws-sdk:<service>:*`."""
    entry = {"target_prefix": target_prefix, "protocol": "json"}
    stepfunctions._AWS_SDK_SERVICE_MAP[service] = entry
    stepfunctions._AWS_SDK_ERROR_PREFIX[service] = error_prefix


_integrations: dict[str, Integration] = {}


def _within_execution(
    original: Callable[..., Untyped],
    state: Untyped,
    raw_input: Untyped,
    execution: Untyped,
    context: Untyped,
) -> Untyped:
    token = _execution.set(execution)
    try:
        return original(state, raw_input, execution, context)
    finally:
        _execution.reset(token)


def _invoke(original: Callable[..., Untyped], resource: str, parameters: Untyped) -> Untyped:
    integrate = _integrations.get(resource)
    if integrate is None:
        return original(resource, parameters)
    try:
        return integrate(parameters, partial(_is_aborted, _execution.get()))
    except TaskFailedError as error:
        raise stepfunctions._ExecutionError(error.error, error.cause) from error


def _is_aborted(execution: dict[str, Any] | None) -> bool:
    return execution is not None and execution["status"] != "RUNNING"


def _fail_running(
    original: Callable[..., None], execution: Untyped, error: str, cause: str
) -> None:
    # A task that fails because its execution was stopped must not make it `FAILED`.
    if execution["status"] == "RUNNING":
        original(execution, error, cause)
