"""What commands say that fail without credentials."""

from __future__ import annotations

import os

import pytest
from typer.testing import CliRunner

from tests.support.fake_cdk import FakeCdk
from twin.cli import app


@pytest.mark.parametrize("command", ["bootstrap", "diff"])
def test_a_command_that_fails_without_credentials_says_how_to_get_some(
    fake_cdk: FakeCdk, monkeypatch: pytest.MonkeyPatch, command: str
):
    fake_cdk.ends_with(1)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    result = CliRunner().invoke(app, [command, "--stage", "prod"])

    assert result.exit_code == 1
    assert "run `aws configure`" in result.output
