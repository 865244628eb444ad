"""The state machine's first function: makes a batch ready to run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from lambda_api.batches.steps.prepare import prepare
from lambda_api.batches.steps.run import Step
from lambda_api.handlers.batch_runs import connect, scheduled_run

_connected = cache(connect)


def handler(event: Mapping[str, Any], _context: object) -> Step:
    """Return the first step of the batch `{"owner", "batch_id"}`, or of a schedule's run."""
    runs = _connected()
    if "batch_id" in event:
        return prepare(runs, event["owner"], event["batch_id"])
    run = scheduled_run(event)
    run.begin(runs)
    return prepare(runs, run.owner, run.batch_id)
