"""Stacks of a stage that its config no longer names: a section that was taken out leaves one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import typer

from doctor.aws_errors import AWS_ERRORS, aws_sentence
from stacks.config import STAGE_TAG, StageConfig
from twin.commands.stages import stage_config, stage_region
from twin.errors import UserError

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

_DATA = {"AWS::S3::Bucket": "bucket", "AWS::DynamoDB::Table": "table"}
"""Types of resources that hold data."""


@dataclass(frozen=True)
class RemovedStack:
    """A stack that no section of config stands for any more.

    Attributes:
        name: of the stack.
        data: buckets and tables that it has, in words.
    """

    name: str
    data: tuple[str, ...]


def delete_removed_stacks(stage: str, named: Collection[str]) -> None:
    """Delete a stage's stacks that config no longer names; those with data only if named here.

    Args:
        stage: the stage, whose other stacks are deleted already.
        named: names of stacks with data that are to go.

    Raises:
        UserError: Stacks with data are left, a name is of none, or AWS does not delete one.
    """
    config = stage_config(stage)
    client = boto3.Session(region_name=stage_region(stage)).client
    try:
        cloudformation = client("cloudformation")
        found = removed_stacks(cloudformation, config)
        if strange := sorted({*named} - {stack.name for stack in found}):
            among = ", ".join(stack.name for stack in found) or "none: there is no such stack"
            raise UserError(f"--removed: got {strange[0]}; must be one of {among}")
        left = [stack for stack in found if stack.data and stack.name not in named]
        for stack in found:
            if stack not in left:
                _delete(cloudformation, stack.name)
    except AWS_ERRORS as error:
        told = f"stacks that config no longer names were not looked for: {aws_sentence(error)}"
        typer.echo(f"warning: {told}", err=True)
        return
    if left:
        raise UserError("\n".join(_left(stack, stage) for stack in left))


def removed_stacks(client: CloudFormationClient, config: StageConfig) -> list[RemovedStack]:
    """Return the stacks with a stage's tag whose names are none of its config's.

    Raises:
        BotoCoreError, ClientError: AWS cannot be asked, or refuses.
    """
    pages = client.get_paginator("describe_stacks").paginate()
    tag = {"Key": STAGE_TAG, "Value": config.endpoint_name}
    names = [
        stack["StackName"]
        for page in pages
        for stack in page["Stacks"]
        if tag in stack.get("Tags", []) and stack["StackStatus"] != "DELETE_COMPLETE"
    ]
    return [
        RemovedStack(name, _data(client, name)) for name in sorted({*names} - {*config.stack_names})
    ]


def _data(client: CloudFormationClient, stack: str) -> tuple[str, ...]:
    pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
    return tuple(
        f"{_DATA[resource['ResourceType']]} {resource.get('PhysicalResourceId', '')}"
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] in _DATA
    )


def _delete(client: CloudFormationClient, name: str) -> None:
    typer.echo(f"{name}: no section of config stands for it: deleting", err=True)
    try:
        client.delete_stack(StackName=name)
        client.get_waiter("stack_delete_complete").wait(StackName=name)
    except AWS_ERRORS as error:
        raise UserError(f"{name} is left: it was not deleted: {aws_sentence(error)}") from error


def _left(stack: RemovedStack, stage: str) -> str:
    return (
        f"{stack.name} is left: its section is no longer in config, it may go on costing, and it "
        f"holds {', '.join(stack.data)}. Delete it by name: "
        f"twin destroy --stage {stage} --removed {stack.name}"
    )
