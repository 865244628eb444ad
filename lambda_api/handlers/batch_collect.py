"""The state machine's last function: takes up what a transform job wrote."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from lambda_api.batches.collect import collect
from lambda_api.batches.run import Step
from lambda_api.handlers.batch_runs import connect

_connected = cache(connect)


def handler(event: Mapping[str, Any], _context: object) -> Step:
    """Take `{"owner", "batch_id"}`, and of a job that failed `error` as Step Functions gives it.

    `job_name`, if given, tells which job it is about: the function may be asked twice.
    """
    error = event.get("error")
    runs = _connected()
    if error:
        Logger(service=runs.settings.service_name).warning(
            "batch job failed", extra={"batch_id": event["batch_id"], "reason": error}
        )
    return collect(runs, event["owner"], event["batch_id"], event.get("job_name"), error)
