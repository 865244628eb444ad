"""The connections that both functions of the state machine share."""

from __future__ import annotations

from lambda_api.aws.s3 import S3Store
from lambda_api.batches.run import BatchRuns
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
