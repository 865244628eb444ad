"""Stacks of a stage that its config no longer names: a section that was taken out leaves one."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
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


def delete_named_stacks(stage: str, named: Collection[str]) -> None:
    """Delete removed stacks by name, before the stage's own: one that imports would hold these.

    A stack that others import from waits for them: `delete_removed_stacks`.

    Args:
        stage: the stage.
        named: names of stacks that config no longer names.

    Raises:
        UserError: A name is of no such stack, AWS cannot be asked, or does not delete one.
    """
    if not named:
        return
    try:
        cloudformation = _cloudformation(stage)
        found = removed_stacks(cloudformation, stage_config(stage))
        if strange := sorted({*named} - {stack.name for stack in found}):
            among = ", ".join(stack.name for stack in found) or "none: there is no such stack"
            raise UserError(f"--removed: got {strange[0]}; must be one of {among}")
        for stack in found:
            if stack.name in named and not _importers(cloudformation, stack.name):
                _delete(cloudformation, stack.name)
    except AWS_ERRORS as error:
        raise UserError(f"nothing was deleted: {aws_sentence(error)}") from error


def delete_removed_stacks(stage: str, named: Collection[str]) -> None:
    """Delete a stage's stacks that config no longer names; those with data only if named here.

    Nothing is deleted while the stage's own stacks are there: who was asked has said no.

    Args:
        stage: the stage.
        named: names of stacks with data that are to go.

    Raises:
        UserError: Stacks with data are left, or AWS does not delete one.
    """
    config = stage_config(stage)
    try:
        cloudformation = _cloudformation(stage)
        own = {*config.stack_names} - {config.registry_stack}  # which other stages share
        if own.isdisjoint(_stacks_of(cloudformation, config)):
            found = removed_stacks(cloudformation, config)
            left = [stack for stack in found if stack.data and stack.name not in named]
            for stack in found:
                if stack not in left:
                    _delete(cloudformation, stack.name)
            if left:
                raise UserError("\n".join(_left(stack, stage) for stack in left))
    except AWS_ERRORS as error:
        told = f"stacks that config no longer names were not looked for: {aws_sentence(error)}"
        typer.echo(f"warning: {told}", err=True)


def tell_of_removed_stacks(stage: str) -> None:
    """Name the removed stacks, which may import from a stage that was not destroyed."""
    try:
        found = removed_stacks(_cloudformation(stage), stage_config(stage))
    except AWS_ERRORS:  # the CDK command line has said what is wrong
        return
    for stack in found:
        typer.echo(_left(stack, stage), err=True)


def _cloudformation(stage: str) -> CloudFormationClient:
    return boto3.Session(region_name=stage_region(stage)).client("cloudformation")


def _importers(client: CloudFormationClient, name: str) -> list[str]:
    """Name the stacks that import what a stack exports."""
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    exports = [one["ExportName"] for one in stack.get("Outputs", ()) if one.get("ExportName")]
    importers = []
    for export in exports:
        # Who asks of an export that nobody imports is refused.
        with suppress(client.exceptions.ClientError):
            importers += client.list_imports(ExportName=export)["Imports"]
    return importers


def removed_stacks(client: CloudFormationClient, config: StageConfig) -> list[RemovedStack]:
    """Return the stacks with a stage's tag whose names are none of its config's.

    Raises:
        BotoCoreError, ClientError: AWS cannot be asked, or refuses.
    """
    names = {*_stacks_of(client, config)} - {*config.stack_names}
    return [RemovedStack(name, _data(client, name)) for name in sorted(names)]


def _stacks_of(client: CloudFormationClient, config: StageConfig) -> list[str]:
    """Name the stacks with a stage's tag."""
    pages = client.get_paginator("describe_stacks").paginate()
    tag = {"Key": STAGE_TAG, "Value": config.endpoint_name}
    return [
        stack["StackName"]
        for page in pages
        for stack in page["Stacks"]
        if tag in stack.get("Tags", []) and stack["StackStatus"] != "DELETE_COMPLETE"
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
        f"holds {', '.join(stack.data) or 'no data'}. Delete it by name: "
        f"twin destroy --stage {stage} --removed {stack.name}"
    )
