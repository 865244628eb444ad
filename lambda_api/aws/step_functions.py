"""The state machine that runs batches; no other module calls Step Functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lambda_api.errors import SchedulerError

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient

_TIMEOUT_SECONDS = 5
_ATTEMPTS = 4


class StateMachine:
    """A state machine.

    Args:
        client: The Step Functions client.
        arn: The state machine's ARN.
    """

    def __init__(self, client: SFNClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    @classmethod
    def connect(cls, arn: str) -> Self:
        """Return the state machine with a client of its own; no request is sent yet."""
        config = Config(
            connect_timeout=_TIMEOUT_SECONDS,
            read_timeout=_TIMEOUT_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        )
        return cls(boto3.client("stepfunctions", config=config), arn)

    def start(self, name: str, data: Mapping[str, str]) -> None:
        """Start an execution, unless an execution of this name was started before.

        docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
        """
        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=name, input=json.dumps(data)
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            return
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from error

    def stop(self, name: str) -> None:
        """Stop an execution, if still running."""
        try:
            self._client.stop_execution(executionArn=self._execution(name))
        except self._client.exceptions.ExecutionDoesNotExist:
            return
        except (BotoCoreError, ClientError) as error:
            # "Execution is not running": it ended by itself, in the same moment.
            if _code(error) != "ValidationException":
                raise _failure(error) from error

    def is_running(self, name: str) -> bool:
        """Return True if there is an execution of this name that has not ended."""
        try:
            found = self._client.describe_execution(executionArn=self._execution(name))
        except self._client.exceptions.ExecutionDoesNotExist:
            return False
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from error
        return found["status"] == "RUNNING"

    def _execution(self, name: str) -> str:
        return f"{self._arn.replace(':stateMachine:', ':execution:', 1)}:{name}"


def _failure(error: Exception) -> SchedulerError:
    return SchedulerError(
        "batches cannot be started or stopped now, try again shortly",
        reason=f"Step Functions {_code(error)}",
    )


def _code(error: Exception) -> str:
    return (
        error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    )
