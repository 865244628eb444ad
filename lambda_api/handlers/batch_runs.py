"""The connections that the functions of batches share, and the batch that an event is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambda_api.aws.s3 import S3Store
from lambda_api.batches.steps.run import BatchRuns
from lambda_api.batches.steps.schedule import ScheduledRun
from lambda_api.settings import Settings, SettingsError


def connect() -> BatchRuns:
    """Return batches over the bucket that the environment names.

    Raises:
        SettingsError: The environment is not usable.
    """
    settings = Settings.from_environment()
    if settings.batch_bucket is None:
        raise SettingsError("the environment is not usable: TWIN_BATCH_BUCKET: field required")
    return BatchRuns(S3Store.connect(settings.batch_bucket), settings)


def batch_of(event: Mapping[str, Any]) -> tuple[str, str]:
    """Return the owner and the id of the batch `{"owner", "batch_id"}`, or of a schedule's run."""
    if "batch_id" in event:
        return event["owner"], event["batch_id"]
    run = scheduled_run(event)
    return run.owner, run.batch_id


def scheduled_run(event: Mapping[str, Any]) -> ScheduledRun:
    """Return the run of a schedule that an event, also one with an error, tells of."""
    return ScheduledRun(event["owner"], event["schedule"], event["input_prefix"], event["run"])
