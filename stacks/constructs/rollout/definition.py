"""The states of a rollout, in Amazon States Language."""

from __future__ import annotations

from typing import Any, Final

# Python's own errors are left out: the same input fails again, and the way back is open.
_PASSING: Final = (
    "PassingError",
    "ConflictError",
    "StorageError",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
)

_TRIES: Final = 6
_TRIES_WITHOUT_A_WAY_BACK: Final = 20
"""About a quarter of an hour: what gives up there leaves the stage half-way."""

LONGEST_SECONDS: Final = 5 * 3600
"""Longest rollout: two hours of waiting on either way, and the time of the checks."""


def rollout_states(function: str) -> dict[str, Any]:
    """Return the definition.

    Each task takes and returns the rollout, whose `next` names the step that follows.

    Args:
        function: ARN of the function whose steps these are.
    """
    return {
        "Comment": "An approved version comes to serve, is checked, and kept or undone",
        "StartAt": "ReadVersion",
        "TimeoutSeconds": LONGEST_SECONDS,
        "States": {
            "ReadVersion": _task(
                function,
                {
                    "step": "read",
                    "input.$": "$$.Execution.Input",
                    "execution.$": "$$.Execution.Name",
                },
                "Admitted",
                caught_by=None,
            ),
            "Admitted": _choice({"deploy": "Deploy", "restore": "Restore"}),
            "Deploy": _step(function, "deploy", "Deployed"),
            "Deployed": _choice(
                {"wait": "WaitForStack", "verify": "VerifyConfig", "restore": "Restore"}
            ),
            "WaitForStack": _wait("Deploy"),
            "VerifyConfig": _step(function, "verify", "Verified"),
            "Verified": _choice({"check": "GoldenCheck", "restore": "Restore"}),
            "GoldenCheck": _step(function, "check", "Checked"),
            "Checked": _choice({"keep": "Keep", "restore": "Restore", "check": "GoldenCheck"}),
            "Keep": _step(function, "keep", "Outcome", caught_by=None),
            "Outcome": {
                "Type": "Choice",
                "Choices": [_when("$.outcome", "RolledBack", "RolledBack")],
                "Default": "Done",
            },
            "RolledBack": {
                "Type": "Fail",
                "Error": "RolledBack",
                "Cause": "the version before serves again: twin model history",
            },
            "Done": {"Type": "Succeed"},
            **_way_back(function),
        },
    }


def _way_back(function: str) -> dict[str, Any]:
    """Return the states that put the version before back; there is no way from here but the end."""
    return {
        "Undo": _task(
            function,
            {"step": "undo", "rollout.$": "$", "error.$": "$.error"},
            "Restore",
            caught_by=None,
        ),
        "Restore": _step(function, "restore", "Restored", caught_by=None),
        "Restored": _choice({"wait-restore": "WaitForRestore"}),
        "WaitForRestore": _wait("Restore"),
    }


def _step(
    function: str, step: str, following: str, *, caught_by: str | None = "Undo"
) -> dict[str, Any]:
    return _task(function, {"step": step, "rollout.$": "$"}, following, caught_by=caught_by)


def _task(
    function: str, parameters: dict[str, Any], following: str, *, caught_by: str | None
) -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": function,
        "Parameters": parameters,
        "Retry": [
            {
                "ErrorEquals": [*_PASSING],
                "IntervalSeconds": 2,
                "BackoffRate": 2,
                "MaxAttempts": _TRIES if caught_by else _TRIES_WITHOUT_A_WAY_BACK,
                "MaxDelaySeconds": 60,
            }
        ],
        "Next": following,
    }
    if caught_by is not None:
        task["Catch"] = [
            {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": caught_by}
        ]
    return task


def _choice(steps: dict[str, str]) -> dict[str, Any]:
    return {
        "Type": "Choice",
        "Choices": [_when("$.next", step, state) for step, state in steps.items()],
        "Default": "Outcome",
    }


def _when(path: str, value: str, state: str) -> dict[str, Any]:
    return {"Variable": path, "StringEquals": value, "Next": state}


def _wait(following: str) -> dict[str, Any]:
    return {"Type": "Wait", "SecondsPath": "$.wait_seconds", "Next": following}
