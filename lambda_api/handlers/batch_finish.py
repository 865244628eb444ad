"""The finisher: ends a batch whose execution did not, and stops the job that it left.

The state machine runs it when its last step failed, and EventBridge for every execution that
failed, timed out or was stopped. docs/decisions/0074 says why both, 0153 whose the job is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from lambda_api.batches.steps.run import Step
from lambda_api.batches.steps.settle import settle
from lambda_api.errors import NotFoundError
from lambda_api.handlers.batch_runs import batch_of, connect
from lambda_api.handlers.transform_jobs import TransformJobs

_connected = cache(connect)
_jobs = cache(TransformJobs.connect)


def handler(event: Mapping[str, Any], _context: object) -> Step:
    """Return the end of the batch that an execution's input, or its event, names."""
    runs = _connected()
    data = json.loads(event["detail"]["input"]) if "detail" in event else event
    owner, batch_id = batch_of(data)
    try:
        return runs.end(owner, settle(runs, owner, batch_id))
    except NotFoundError:  # a schedule's run that failed before it made its batch
        return {"owner": owner, "batch_id": batch_id, "proceed": False, "status": None}
    finally:
        if "detail" in event:
            _jobs().stop(batch_id)
