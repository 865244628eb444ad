from __future__ import annotations

import pytest
from pydantic import ValidationError

from lambda_api.settings import Settings, SettingsError

ENVIRONMENT = {
    "TWIN_STAGE": "prod",
    "TWIN_ENDPOINT_NAME": "twin-prod",
    "TWIN_MODEL_ID": "org/twin-7b",
    "TWIN_ENGINE": "vllm",
    "TWIN_ROOT_PATH": "/live",
    "TWIN_CALLER_IDENTITY": "role",
    "TWIN_MODEL_TIMEOUT_SECONDS": "120",
    "TWIN_LOG_LEVEL": "WARNING",
    "POWERTOOLS_SERVICE_NAME": "twin-prod",
    "POWERTOOLS_METRICS_NAMESPACE": "Twin",
}


@pytest.fixture
def environment(monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_the_environment_becomes_settings(environment):
    settings = Settings.from_environment()

    assert settings.model_dump(exclude_unset=True) == {
        "stage": "prod",
        "endpoint_name": "twin-prod",
        "model_id": "org/twin-7b",
        "engine": "vllm",
        "root_path": "/live",
        "caller_identity": "role",
        "model_timeout_seconds": 120,
        "log_level": "WARNING",
        "service_name": "twin-prod",
        "metrics_namespace": "Twin",
    }


def test_engine_fields_are_read_from_json(monkeypatch):
    for name in ("STAGE", "ENDPOINT_NAME", "MODEL_ID", "ENGINE"):
        monkeypatch.setenv(f"TWIN_{name}", "twin")
    monkeypatch.setenv("TWIN_ENGINE_FIELDS", '["grammar", "lora"]')

    assert Settings.from_environment().engine_fields == {"grammar", "lora"}


def test_what_is_missing_is_named():
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment()

    for name in ("STAGE", "ENDPOINT_NAME", "MODEL_ID", "ENGINE"):
        assert f"TWIN_{name}: field required" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("TWIN_ENDPOINT_NAME", "twin prod", "should match pattern '^[a-zA-Z0-9]"),
        ("TWIN_ROOT_PATH", "live/", "should match pattern"),
        ("TWIN_MODEL_TIMEOUT_SECONDS", "0", "greater than 0"),
        ("TWIN_LOG_LEVEL", "loud", "'DEBUG', 'INFO'"),
        ("TWIN_MODEL_ID", "", "at least 1 character"),
        ("TWIN_COLD_START", "wait", "'hold', 'queue' or 'reject'"),
        ("TWIN_HOLD_SECONDS", "901", "less than or equal to 900"),
        ("TWIN_MAX_HELD_REQUESTS", "0", "greater than or equal to 1"),
        ("TWIN_EXPECTED_START_SECONDS", "0", "greater than 0"),
        ("TWIN_WEBHOOK_URL", "http://example.com/hook", "should match pattern '^(https://|"),
        ("TWIN_WEBHOOK_URL", "http://localhost.example.com/", "should match pattern"),
        ("TWIN_WEBHOOK_URL", "http://127.0.0.1@example.com/", "should match pattern"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(environment, name, value, allowed):
    environment.setenv(name, value)

    with pytest.raises(SettingsError) as caught:
        Settings.from_environment()

    assert f"{name}: " in str(caught.value)
    assert allowed in str(caught.value)
    assert f"got {value!r}" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["https://example.com", "http://127.0.0.1:8080/hook", "http://[::1]/", "http://localhost"],
)
def test_a_webhook_is_told_in_clear_text_on_this_machine_only(environment, url):
    environment.setenv("TWIN_WEBHOOK_URL", url)

    assert Settings.from_environment().webhook_url == url


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"TWIN_COLD_START": "hold"}, "TWIN_COLD_START_TABLE"),
        (
            {"TWIN_COLD_START": "queue", "TWIN_COLD_START_TABLE": "wakes"},
            "TWIN_ASYNC_ENDPOINT_NAME and TWIN_ASYNC_BUCKET",
        ),
    ],
)
def test_what_a_cold_start_needs_is_named(environment, given, missing):
    for name, value in given.items():
        environment.setenv(name, value)

    with pytest.raises(SettingsError) as caught:
        Settings.from_environment()

    assert str(caught.value).endswith(
        f"TWIN_COLD_START: {given['TWIN_COLD_START']!r} needs {missing}"
    )


def test_settings_do_not_change(settings):
    with pytest.raises(ValidationError, match="frozen"):
        settings.stage = "other"


def test_every_setting_is_described():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
