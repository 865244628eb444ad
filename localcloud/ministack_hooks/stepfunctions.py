"""Step Functions: service integrations that ministack lacks."""

from __future__ import annotations

import contextvars
import json
import threading
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


def extend_state_machines(clock_factor: float = 1.0) -> None:
    """Have executions use the integrations, end at their time limit, and stay ended.

    Args:
        clock_factor: How much faster than real time waits pass, and pauses between tries.
    """
    stepfunctions._SFN_WAIT_SCALE = 1 / clock_factor
    wrap(stepfunctions, "_run_execution", _run_for_a_time)
    wrap(stepfunctions, "_find_matching_retrier", _retry_running)
    wrap(stepfunctions, "_execute_task", _within_execution)
    wrap(stepfunctions, "_invoke_resource", _invoke)
    wrap(stepfunctions, "_fail_execution", _fail_running)


def running_execution() -> dict[str, Any] | None:
    """Return the execution whose task runs in this context."""
    return _execution.get()


_integrations: dict[str, Integration] = {}


def _run_for_a_time(original: Callable[[str], None], arn: str) -> None:
    """Run an execution; end it when the state machine's `TimeoutSeconds` are over."""
    execution = stepfunctions._executions.get(arn)
    seconds = _time_limit(execution) if execution else None
    if seconds is None:
        original(arn)
        return
    # Account and region are in the context of the execution's thread.
    end = partial(contextvars.copy_context().run, _time_out, execution)
    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        original(arn)
    finally:
        timer.cancel()


def _time_limit(execution: Untyped) -> float | None:
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"])
    try:
        found = json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None
    except ValueError:
        return None  # the execution itself fails on it
    return None if found is None else float(found)


def _time_out(execution: Untyped) -> None:
    if execution["status"] != "RUNNING":
        return
    execution["status"] = "TIMED_OUT"
    execution["stopDate"] = stepfunctions.now_iso()
    stepfunctions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
    stepfunctions._emit_execution_status_event(execution)


def _retry_running(original: Callable[..., Untyped], *given: Untyped) -> Untyped:
    # The task of an execution that has ended is not tried again: it may be for hours.
    return (None, -1) if _is_aborted(_execution.get()) else original(*given)


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
