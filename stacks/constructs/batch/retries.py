"""Retries of the state machine's steps: all that may pass, for hours, never all at once."""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn

# Python classes of the functions, and names of Lambda's own errors:
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_PERMANENT = ("NotFoundError", "UnreadableObjectError", "SettingsError")
_CRASHES = ("Sandbox.Timedout", "States.Timeout", "Lambda.Unknown", "Runtime.ExitError")

# The SDK has the first name for every error of SageMaker that its API does not list: throttling and
# failures, but what no later try heals as well.
_MAYBE_PASSING = ("SageMaker.SageMakerException", "SageMaker.SdkClientException")
ALL_INSTANCES_IN_USE = "SageMaker.ResourceLimitExceededException"
"""The error of an instance quota that is used up, or that is 0."""

CAPACITY_PAUSE = Duration.minutes(10)
"""Pause before a job is tried again that found no instance."""

_FIRST_PAUSE, _LONGEST_PAUSE = Duration.seconds(5), Duration.minutes(10)


def retry_function(invoke: sfn.TaskStateBase) -> None:
    """Have a step that invokes a function tried again for 3.5 hours, 7 at most.

    A function that crashes most often does so again, so it is given fewer tries; an error of the
    batch itself is given none.
    """
    _add(invoke, _PERMANENT, max_attempts=0)
    _add(invoke, _CRASHES, max_attempts=4)
    _add(invoke, ("States.ALL",), max_attempts=48)


def retry_look(look: sfn.CustomState) -> None:
    """Have a step that looks at a job tried again for hours: the job goes on meanwhile."""
    _add(look, ("States.ALL",), max_attempts=48)


def retry_job(transform: sfn.CustomState) -> None:
    """Have a job that SageMaker did not start tried again; one that ran and failed never is.

    The quota's hours are here, those of other failures in the state machine's `TryLater`, which
    can tell by the cause what no later try heals.
    """
    _add(transform, _MAYBE_PASSING, max_attempts=4)
    transform.add_retry(
        errors=[ALL_INSTANCES_IN_USE],
        interval=CAPACITY_PAUSE,
        backoff_rate=1,
        max_attempts=48,
        jitter_strategy=sfn.JitterType.FULL,
    )


def _add(
    state: sfn.TaskStateBase | sfn.CustomState, errors: tuple[str, ...], *, max_attempts: int
) -> None:
    pauses: dict[str, Any] = {
        "interval": _FIRST_PAUSE,
        "max_delay": _LONGEST_PAUSE,
        "backoff_rate": 2,
        "jitter_strategy": sfn.JitterType.FULL,
    }
    state.add_retry(errors=[*errors], max_attempts=max_attempts, **(pauses if max_attempts else {}))
