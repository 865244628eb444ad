"""The check of a stage's stacks: those that are stuck, and those that config no longer has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from doctor.findings import Finding, failure, ok, warning
from doctor.surroundings import Surroundings
from stacks.config import STACKS, STAGE_TAG, StageConfig

_DELETE: Final = "aws cloudformation delete-stack --stack-name {name}"
_EVENTS: Final = "aws cloudformation describe-stack-events --stack-name {name}"
_ROLL_BACK: Final = ".venv/bin/twin cdk rollback {name} -c stage={stage}"

# What the CDK command line does with each: `isCreationFailure` and `stabilizeStack` of
# https://github.com/aws/aws-cdk-cli, api/cloudformation/stack-helpers and api/deployments.
_STATES: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "ROLLBACK_COMPLETE|ROLLBACK_FAILED",
        "warning",
        f"its first deployment failed ({_EVENTS} says why); the next one deletes it first",
    ),
    (
        "UPDATE_ROLLBACK_FAILED",
        "failure",
        f"mend what {_EVENTS} names, then: {_ROLL_BACK}",
    ),
    ("DELETE_FAILED", "failure", f"empty or keep what {_EVENTS} names, then: {_DELETE}"),
    (
        "CREATE_FAILED|UPDATE_FAILED|IMPORT_ROLLBACK_FAILED",
        "failure",
        f"roll it back: {_ROLL_BACK}",
    ),
    (
        "REVIEW_IN_PROGRESS",
        "warning",
        f"a change set was made and never executed; to be rid of it: {_DELETE}",
    ),
    (
        ".*_IN_PROGRESS",
        "failure",
        f"somebody deploys or destroys it now: wait until it has ended ({_EVENTS})",
    ),
)


def look(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Look at every stack that belongs to the stage by name or by tag."""
    stacks = [stack for stack in _all(around) if _is_of(stack, config)]
    for stack in stacks:
        name, status = stack["StackName"], stack["StackStatus"]
        if (stuck := _stuck(name, status, config.stage)) is not None:
            yield stuck
        elif name in config.stack_names:
            yield ok(f"{name} is {status}")
        if name not in config.stack_names:
            yield warning(
                f"{name} is {status}, and config/{config.stage}.toml has no section for it: it may "
                "go on costing",
                f"once nothing in it is needed any more: {_DELETE.format(name=name)}",
            )
    if not stacks:
        yield ok("nothing is deployed yet")


def _all(around: Surroundings) -> Iterator[Mapping[str, Any]]:
    for page in around.client("cloudformation").get_paginator("describe_stacks").paginate():
        yield from page["Stacks"]


def _is_of(stack: Mapping[str, Any], config: StageConfig) -> bool:
    if stack["StackStatus"] == "DELETE_COMPLETE":
        return False
    tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", ())}
    names = {config.stack_name(stack) for stack in STACKS}
    return stack["StackName"] in names or tags.get(STAGE_TAG) == config.endpoint_name


def _stuck(name: str, status: str, stage: str) -> Finding | None:
    for pattern, outcome, way_out in _STATES:
        # Cleaning up has no say in what comes next.
        if re.fullmatch(pattern, status) and "_COMPLETE_CLEANUP_" not in status:
            tell = failure if outcome == "failure" else warning
            return tell(f"{name} is {status}", way_out.format(name=name, stage=stage))
    return None
