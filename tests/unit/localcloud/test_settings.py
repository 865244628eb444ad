from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from localcloud.settings import Settings


def test_variables_become_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOCALCLOUD_PORT", "4600")
    monkeypatch.setenv("LOCALCLOUD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LOCALCLOUD_STOP_WITH_STDIN", "true")
    settings = Settings.from_environment()
    assert settings.origin == "http://127.0.0.1:4600"
    assert settings.work_dir == tmp_path / "cloud-4600"
    assert settings.stop_with_stdin


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "70000"),
        ("ACCOUNT", "42"),
        ("REGION", "here"),
        ("LOG_LEVEL", "LOUD"),
        ("PROT", "4566"),
        ("PROVISIONING_SECONDS", "-1"),
        ("UNAVAILABLE_INSTANCE_TYPES", "g5.xlarge"),
        ("UNAVAILABLE_INSTANCE_TYPES", "ml.g5.xlarge,"),
    ],
)
def test_wrong_variable_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"LOCALCLOUD_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings.from_environment()


def test_clients_sign_with_the_account() -> None:
    settings = Settings(account="123456789012")
    assert settings.client_environment["AWS_ACCESS_KEY_ID"] == "123456789012"
    assert settings.client_environment["AWS_ENDPOINT_URL"] == settings.origin


def test_unavailable_instance_types_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().unavailable_types == frozenset()
    monkeypatch.setenv("LOCALCLOUD_UNAVAILABLE_INSTANCE_TYPES", "ml.g5.xlarge,ml.p6-b200.48xlarge")
    types = Settings.from_environment().unavailable_types
    assert types == {"ml.g5.xlarge", "ml.p6-b200.48xlarge"}
