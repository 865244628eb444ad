"""Batches: from a file to answers, cut short in every way, and swept up."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

from tests.least_privilege.world import CHAT, World

_BUCKET = "batch-jobs"


def _machine(world: World) -> str:
    """Name the state machine that runs batches."""
    (arn,) = [arn for arn in world.machines() if arn.endswith(f":{world.prefix}batch")]
    return arn


def _execution(world: World, batch: Any) -> str:
    """Name the execution that runs a batch."""
    return f"{_machine(world).replace(':stateMachine:', ':execution:')}:{batch.id}"


def _begun(world: World, *, lines: int = 1, tokens: int = 4, text: str = "hi") -> Any:
    """Begin a batch."""
    rows = _lines(world, lines, tokens, text)
    file = world.client.files.create(file=("in.jsonl", rows), purpose="batch")
    return world.client.batches.create(
        input_file_id=file.id, endpoint=CHAT, completion_window="24h"
    )


def _lines(world: World, count: int, tokens: int, text: str) -> bytes:
    body = {"model": world.model, "messages": [{"role": "user", "content": text}]}
    line = {"method": "POST", "url": CHAT, "body": {**body, "max_tokens": tokens}}
    rows = (json.dumps({**line, "custom_id": f"r{n}"}) for n in range(count))
    return "\n".join(rows).encode()


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
    """Each state machine created again, which checks its role; its stack has the machine's name."""
    steps, logs = world.aws("stepfunctions"), world.aws("logs")
    for arn in world.machines():
        kept = steps.describe_state_machine(stateMachineArn=arn)
        found = logs.describe_log_groups(logGroupNamePrefix=f"/aws/cloudformation/{kept['name']}/")[
            "logGroups"
        ]
        (group,) = [one["arn"] for one in found if "Runtime" not in one["logGroupName"]]
        destination = {"cloudWatchLogsLogGroup": {"logGroupArn": f"{group.removesuffix(':*')}:*"}}
        copy = steps.create_state_machine(
            name=uuid4().hex,
            definition=kept["definition"],
            roleArn=kept["roleArn"],
            loggingConfiguration={"level": "ERROR", "destinations": [destination]},
        )
        steps.delete_state_machine(stateMachineArn=copy["stateMachineArn"])


def scheduled(world: World) -> None:
    """A batch that a schedule begins; its file lies there already."""
    scheduler, steps = world.aws("scheduler"), world.aws("stepfunctions")
    (found,) = scheduler.list_schedules(NamePrefix=f"{world.prefix}batch")["Schedules"]
    kept = scheduler.get_schedule(Name=found["Name"], GroupName=found["GroupName"])
    target, run = dict(kept["Target"]), uuid4().hex
    given = json.loads(target["Input"])
    key = f"{given['input_prefix']}{run}.jsonl"
    s3, bucket = world.aws("s3"), world.bucket(_BUCKET)
    s3.put_object(Bucket=bucket, Key=key, Body=_lines(world, 1, 4, "hi"))
    # Scheduler's own word for the run, which the emulator leaves as it is.
    target["Input"] = json.dumps({**given, "run": run})
    same = {name: kept[name] for name in ("Name", "GroupName", "FlexibleTimeWindow")}
    scheduler.update_schedule(**same, Target=target, ScheduleExpression="rate(1 minute)")

    def ended() -> list[str]:
        found = steps.list_executions(stateMachineArn=_machine(world))["executions"]
        of_run = [one for one in found if run in _input(world, one["executionArn"])]
        return [one["status"] for one in of_run if one["status"] != "RUNNING"]

    try:
        assert world.wait(ended, bool)[0] == "SUCCEEDED"
    finally:
        scheduler.update_schedule(
            **same, Target=kept["Target"], ScheduleExpression=kept["ScheduleExpression"]
        )
        s3.delete_object(Bucket=bucket, Key=key)


def _input(world: World, execution: str) -> str:
    return str(world.aws("stepfunctions").describe_execution(executionArn=execution)["input"])


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
