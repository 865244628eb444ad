"""The settings of an engine in the function's process."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from lambda_api.engine_settings import EngineSettings


def test_lambda_says_how_much_memory_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "10240")
    monkeypatch.setenv("TWIN_WEIGHTS_BUCKET", "weights")
    settings = EngineSettings()
    assert (settings.memory_mb, settings.weights_bucket) == (10_240, "weights")


def test_a_digest_is_one() -> None:
    with pytest.raises(ValidationError, match="weights_sha256"):
        EngineSettings(weights_sha256="no digest")
