"""The state machine's last function: collects the answers of a transform job."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from lambda_api.batches.steps.collect import collect
from lambda_api.batches.steps.run import Step
from lambda_api.handlers.batch_runs import batch_of, connect

_connected = cache(connect)


def handler(event: Mapping[str, Any], _context: object) -> Step:
    """Return the next step after a job of a batch.

    `error`, as Step Functions gives it, comes from a job that failed. `job_name`, if given, names
    the job: the function may be invoked twice.
    """
    error = event.get("error")
    runs = _connected()
    owner, batch_id = batch_of(event)
    if error:
        Logger(service=runs.settings.service_name).warning(
            "batch job failed", extra={"batch_id": batch_id, "reason": error}
        )
    return collect(runs, owner, batch_id, event.get("job_name"), error)
