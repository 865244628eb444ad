"""What the state machine's functions connect to."""

from __future__ import annotations

import pytest

from lambda_api.handlers.batch_runs import batch_of, connect, scheduled_run
from lambda_api.settings import SettingsError


def test_a_function_without_a_bucket_says_so(monkeypatch):
    for name in ("STAGE", "ENDPOINT_NAME", "MODEL_ID", "ENGINE"):
        monkeypatch.setenv(f"TWIN_{name}", "twin")

    with pytest.raises(SettingsError, match="TWIN_BATCH_BUCKET: field required"):
        connect()


RUN = {"owner": "schedules", "schedule": "s", "input_prefix": "scheduled/", "run": "1"}


def test_an_event_names_its_batch_or_the_run_that_makes_it():
    assert batch_of({"owner": "a", "batch_id": "batch_1", "error": {}}) == ("a", "batch_1")
    owner, batch_id = batch_of({**RUN, "error": {"Error": "x"}})
    assert (owner, batch_id) == ("schedules", scheduled_run(RUN).batch_id)
