"""The environment of the rollout function."""

from __future__ import annotations

import pytest

from lambda_api.rollouts.settings import RolloutSettings
from lambda_api.settings import SettingsError


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWIN_MODEL_GROUP", "arn")
    with pytest.raises(SettingsError, match="TWIN_MODEL_BUCKET, TWIN_VERSION_PARAMETER"):
        RolloutSettings.from_environment()
