"""What the state machine's functions connect to."""

from __future__ import annotations

import pytest

from lambda_api.handlers.batch_runs import connect
from lambda_api.settings import SettingsError


def test_a_function_without_a_bucket_says_so(monkeypatch):
    for name in ("STAGE", "ENDPOINT_NAME", "MODEL_ID", "ENGINE"):
        monkeypatch.setenv(f"TWIN_{name}", "twin")

    with pytest.raises(SettingsError, match="TWIN_BATCH_BUCKET: field required"):
        connect()
