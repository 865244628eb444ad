"""CloudFormation's stacks, updated with their own templates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambda_api.rollouts.ports import BusyStackError, NoUpdateError, StackState

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

_BUSY = re.compile(r"is in \w+_IN_PROGRESS state")


class CloudFormationStacks:
    """Stacks. UpdateStack acts in the role that the stack has, so no role is passed on."""

    def __init__(self, client: CloudFormationClient) -> None:
        self._client = client

    def describe(self, name: str) -> StackState | None:
        """Return a stack; None if it is not deployed."""
        try:
            found = self._client.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
        status, reason = found["StackStatus"], found.get("StackStatusReason", "")
        if status == "UPDATE_ROLLBACK_COMPLETE":
            reason = self._first_failure(name) or reason
        parameters = {each["ParameterKey"] for each in found.get("Parameters", [])}
        return StackState(status, reason, outputs, parameters)

    def _first_failure(self, name: str) -> str:
        """Return the reason of the first failure in a stack's last operation; empty if unknown."""
        events = self._client.describe_stack_events(StackName=name)["StackEvents"]
        reason = ""
        for event in events:  # the newest first
            status = event.get("ResourceStatus", "")
            if event["PhysicalResourceId"] == event["StackId"] and status == "UPDATE_IN_PROGRESS":
                break
            if status in ("CREATE_FAILED", "UPDATE_FAILED"):
                reason = event.get("ResourceStatusReason") or reason
        return reason

    def update(self, name: str) -> None:
        """Begin an update with the previous template, which reads the parameters anew.

        Raises:
            NoUpdateError: There is nothing to update.
            BusyStackError: Somebody else's operation runs.
        """
        stack = self._client.describe_stacks(StackName=name)["Stacks"][0]
        try:
            self._client.update_stack(
                StackName=name,
                UsePreviousTemplate=True,
                Parameters=[
                    {"ParameterKey": each["ParameterKey"], "UsePreviousValue": True}
                    for each in stack.get("Parameters", [])
                ],
                Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            )
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                raise NoUpdateError(name) from error
            if _BUSY.search(str(error)):
                raise BusyStackError(name) from error
            raise
