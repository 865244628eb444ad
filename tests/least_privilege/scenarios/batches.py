"""Batches: from a file to answers, cut short in every way, and swept up."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

from tests.least_privilege.world import CHAT, STAGE, World

_BUCKET = "batch-jobs"


def _machine(world: World) -> Any:
    """Describe the state machine that runs batches."""
    steps = world.aws("stepfunctions")
    machines = steps.list_state_machines()["stateMachines"]
    (arn,) = [one["stateMachineArn"] for one in machines if one["name"] == f"{STAGE}batch"]
    return steps.describe_state_machine(stateMachineArn=arn)


def _execution(world: World, batch: Any) -> str:
    """Name the execution that runs a batch."""
    machine = str(_machine(world)["stateMachineArn"])
    return f"{machine.replace(':stateMachine:', ':execution:')}:{batch.id}"


def _begun(world: World, *, lines: int = 1, tokens: int = 4, text: str = "hi") -> Any:
    """Begin a batch."""
    body = {"model": world.model, "messages": [{"role": "user", "content": text}]}
    line = {"method": "POST", "url": CHAT, "body": {**body, "max_tokens": tokens}}
    rows = (json.dumps({**line, "custom_id": f"r{n}"}) for n in range(lines))
    file = world.client.files.create(file=("in.jsonl", "\n".join(rows).encode()), purpose="batch")
    return world.client.batches.create(
        input_file_id=file.id, endpoint=CHAT, completion_window="24h"
    )


def _ended(world: World, batch: Any) -> Any:
    return world.wait(
        lambda: world.client.batches.retrieve(batch.id),
        lambda found: found.status in {"completed", "failed", "cancelled"},
    )


def _wait_until_it_runs(world: World, batch: Any) -> None:
    world.wait(
        lambda: world.client.batches.retrieve(batch.id), lambda found: found.status == "in_progress"
    )


def batch(world: World) -> None:
    """A batch from its file to its answers, then deleted."""
    begun = _begun(world)
    ended = _ended(world, begun)
    assert ended.status == "completed", ended
    assert world.client.files.content(ended.output_file_id).text
    assert begun.id in {one.id for one in world.client.batches.list().data}
    world.client.delete(f"/batches/{ended.id}", cast_to=object)


def cancelled_batch(world: World) -> None:
    """A batch that is cancelled while its job runs, which is stopped."""
    sagemaker, begun = world.aws("sagemaker"), _begun(world, lines=200, tokens=300)

    def jobs() -> list[Any]:
        found = sagemaker.list_transform_jobs()["TransformJobSummaries"]
        return [one for one in found if begun.id.removeprefix("batch_") in one["TransformJobName"]]

    world.wait(jobs, bool)
    world.client.batches.cancel(begun.id)
    assert _ended(world, begun).status == "cancelled"
    world.wait(jobs, lambda found: found[0]["TransformJobStatus"] == "Stopped")


def interrupted(world: World) -> None:
    """A batch whose execution somebody stops, and which the finisher ends."""
    begun = _begun(world, lines=200, tokens=300)
    _wait_until_it_runs(world, begun)
    world.aws("stepfunctions").stop_execution(executionArn=_execution(world, begun))
    assert _ended(world, begun).status in {"failed", "completed"}


def machine(world: World) -> None:
    """The state machine created again, which checks its role."""
    steps, kept = world.aws("stepfunctions"), _machine(world)
    groups = world.aws("logs").describe_log_groups(
        logGroupNamePrefix=f"/aws/cloudformation/{STAGE}batch/MachineLogs"
    )
    (logs,) = [group["arn"] for group in groups["logGroups"]]
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": f"{logs.removesuffix(':*')}:*"}}
    copy = steps.create_state_machine(
        name=uuid4().hex,
        definition=kept["definition"],
        roleArn=kept["roleArn"],
        loggingConfiguration={"level": "ERROR", "destinations": [destination]},
    )
    steps.delete_state_machine(stateMachineArn=copy["stateMachineArn"])


def failed_batch(world: World) -> None:
    """A batch whose one request the engine refuses: it has errors, and no answers.

    Then as one that is being cancelled, which the first step ends, and the finisher: again without
    answers, whose file they take back. A batch that is cancelled as it runs may have some by then.
    """
    ended = _ended(world, _begun(world, text="word " * 30_000))
    assert (ended.output_file_id, ended.request_counts.failed) == (None, 1), ended
    for step in ("batch_prepare", "batch_finish"):
        owner = _edited(world, ended.id, status="cancelling")
        world.invoke(world.function(step), {"owner": owner, "batch_id": ended.id})
        again = world.client.batches.retrieve(ended.id)
        assert (again.status, again.output_file_id) == ("cancelled", None), again


def sweep(world: World) -> None:
    """The hourly look for batches: one that is overdue ends, one that ended long ago is cleared."""
    over, late = _ended(world, _begun(world)), _begun(world, lines=200, tokens=300)
    _wait_until_it_runs(world, late)
    two_hours_ago = int(time.time()) - 7200
    _edited(world, over.id, completed_at=two_hours_ago)
    _edited(world, late.id, expires_at=two_hours_ago)
    world.invoke(world.function("batch_sweep"))
    assert world.client.batches.retrieve(late.id).status == "expired"
    stopped = world.aws("stepfunctions").describe_execution(executionArn=_execution(world, late))
    assert stopped["status"] == "ABORTED", stopped
    kept = [key for key in _keys(world) if over.id in key]
    assert len(kept) == 1, kept


def _keys(world: World) -> list[str]:
    pages = (
        world.aws("s3")
        .get_paginator("list_objects_v2")
        .paginate(Bucket=world.bucket(_BUCKET), Prefix="batches/")
    )
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def _edited(world: World, batch_id: str, **fields: Any) -> str:
    """Change a batch in its stored state; return whose it is."""
    s3 = world.aws("s3")
    (key,) = [key for key in _keys(world) if key.endswith(f"{batch_id}/batch.json")]
    state = json.load(s3.get_object(Bucket=world.bucket(_BUCKET), Key=key)["Body"])
    state["batch"].update(fields)
    s3.put_object(Bucket=world.bucket(_BUCKET), Key=key, Body=json.dumps(state).encode())
    return key.split("/")[1]
