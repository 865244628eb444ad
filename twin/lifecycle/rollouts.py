"""Rollouts of a stage: begun, followed and remembered."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from lambda_api.rollouts.history import CURRENT, ROLLOUTS
from lambda_api.rollouts.request import Request
from lambda_api.rollouts.schemas import Rollout
from twin.errors import UserError
from twin.lifecycle.stage import ModelStage

LOOK_SECONDS: Final = 0.5
"""Pause between two looks at a rollout."""

GOOD_ENDS: Final = frozenset({"Kept", "AlreadyServed"})

_STEPS: Final = {
    "deploy": "version read, the one before remembered",
    "wait": "stack {updating} takes the version",
    "verify": "all stacks serve the version",
    "check": "endpoints serve what the stacks asked for",
    "keep": "golden check: {checks}",
    "restore": "going back: {problem}",
    "wait-restore": "stack {updating} takes the version before",
}


@dataclass(frozen=True)
class Rollouts:
    """The rollouts of one stage."""

    stage: ModelStage

    def start(self, command: str, **given: str | float) -> str:
        """Start a rollout; return the ARN of its execution."""
        document = {"command": command, "asked_by": self.stage.identity["Arn"], **given}
        started = self._machine.start_execution(
            stateMachineArn=self.stage.rollout["StateMachineArn"], input=json.dumps(document)
        )
        return str(started["executionArn"])

    def running(self) -> str | None:
        """Return the ARN of the execution that runs, the last begun if there are several."""
        found = self._machine.list_executions(
            stateMachineArn=self.stage.rollout["StateMachineArn"], statusFilter="RUNNING"
        )["executions"]
        return str(found[0]["executionArn"]) if found else None

    def asked_of(self, execution: str) -> Request:
        """Return what an execution was asked for."""
        described = self._machine.describe_execution(executionArn=execution)
        return Request.read(json.loads(described["input"]))

    def last_of(self, package: str) -> Rollout | None:
        """Return the last rollout of all but shadows, if it was of this version and has ended."""
        last = next((each for each in self.history() if each.trigger != "shadow"), None)
        if last is None or last.target.package != package or last.outcome is None:
            return None
        return last

    def follow(self, execution: str, tell: Callable[[str], None]) -> Rollout:
        """Tell the steps of an execution until the end, and return the rollout as it is then.

        Raises:
            UserError: The execution ended by itself, without an end of the rollout.
        """
        told = ""
        name = execution.rpartition(":")[2]
        while True:
            described = self._machine.describe_execution(executionArn=execution)
            rollout = self._of(name, described)
            if rollout is not None and (text := _spelled(rollout)) != told and text:
                told = text
                tell(text)
            if described["status"] != "RUNNING":
                if rollout is not None and rollout.outcome is not None:
                    return rollout
                raise UserError(
                    f"the execution ended as {described['status']}: "
                    f"{described.get('cause') or 'stopped'}; finish or undo the rollout with "
                    f"twin model rollout --resume --stage {self.stage.config.stage}"
                )
            time.sleep(LOOK_SECONDS)

    def history(self) -> Iterator[Rollout]:
        """Yield the rollouts, the newest first."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=ROLLOUTS
        )
        for page in pages:
            for each in page.get("Contents", []):
                yield Rollout.model_validate_json(self._read(each["Key"]))

    def _of(self, execution: str, described: dict[str, Any]) -> Rollout | None:
        if described["status"] == "SUCCEEDED":
            return Rollout.model_validate_json(described["output"])
        try:
            found = Rollout.model_validate_json(self._read(CURRENT))
        except self._s3.exceptions.NoSuchKey:
            return None
        if found.execution == execution:
            return found
        return next((each for each in self.history() if each.execution == execution), None)

    def _read(self, key: str) -> bytes:
        body: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return body

    @property
    def _bucket(self) -> str:
        return self.stage.rollout["HistoryBucketName"]

    @property
    def _machine(self) -> Any:  # noqa: ANN401 - boto3's clients are generated
        return self.stage.client("stepfunctions")

    @property
    def _s3(self) -> Any:  # noqa: ANN401 - boto3's clients are generated
        return self.stage.client("s3")


def _spelled(rollout: Rollout) -> str:
    slicing = rollout.next == "check" and rollout.checks is not None
    text = _STEPS.get("keep" if slicing else rollout.next, "")
    return text.format(
        updating=rollout.updating or "of somebody else's deployment",
        problem=rollout.problem,
        checks=rollout.checks,
    )
