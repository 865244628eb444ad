"""A webhook's secret that cannot sign, refused before anything is deployed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support import stage_files
from tests.support.fake_cdk import FakeCdk
from tests.support.service.standin_runtime import Reply, StandInRuntime, running
from twin.cli import app
from twin.commands import webhook_secret
from twin.errors import UserError

GOOD = "whsec_" + "Z29vZCBrZXkg" * 3
COMMAND = ["deploy", "--stage", "prod"]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage `prod` with a webhook."""
    (tmp_path / "config").mkdir()
    webhook = {"url": "https://example.com/hooks", "secret_name": "twin/webhook"}
    changes = {"async__webhook": webhook, "project__region": "us-east-1"}
    stage_files.write(tmp_path / "config" / "prod.toml", stage_files.PROD, **changes)
    monkeypatch.setattr(webhook_secret, "PROJECT", tmp_path)


@pytest.fixture
def secret(stage: None, monkeypatch: pytest.MonkeyPatch):
    """Sets what Secrets Manager answers; gives its requests."""
    with running(StandInRuntime(Reply(200, b"{}"))) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", aws.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

        def answers(reply: Reply | str) -> StandInRuntime:
            text = json.dumps({"SecretString": reply}).encode() if isinstance(reply, str) else b""
            aws.answer = reply if isinstance(reply, Reply) else Reply(200, text)
            return aws

        yield answers


def refusal(code: str) -> Reply:
    return Reply(400, json.dumps({"__type": code, "message": "no"}).encode())


Answers = Callable[[Reply | str], StandInRuntime]


def test_a_secret_that_signs_is_deployed(secret: Answers, fake_cdk: FakeCdk):
    aws = secret(GOOD)
    result = CliRunner().invoke(app, COMMAND)

    assert result.exit_code == 0, result.output
    assert fake_cdk.was_called()
    assert [call.json for call in aws.received] == [{"SecretId": "twin/webhook"}]


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_!", "whsec_c2hvcnQ=", "plain text"])
def test_a_secret_that_cannot_sign_stops_the_deployment(
    secret: Answers, fake_cdk: FakeCdk, text: str
):
    secret(text)
    result = CliRunner().invoke(app, COMMAND)

    assert isinstance(result.exception, UserError)
    assert "twin/webhook" in str(result.exception)
    assert "24 to 64 random bytes" in str(result.exception)
    assert not fake_cdk.was_called()


def test_a_missing_secret_stops_the_deployment(secret: Answers, fake_cdk: FakeCdk):
    secret(refusal("ResourceNotFoundException"))
    result = CliRunner().invoke(app, COMMAND)

    assert isinstance(result.exception, UserError)
    assert "create it first" in str(result.exception)
    assert not fake_cdk.was_called()


def test_who_may_not_read_the_secret_is_warned_and_deploys(secret: Answers, fake_cdk: FakeCdk):
    secret(refusal("AccessDeniedException"))
    result = CliRunner().invoke(app, COMMAND)

    assert result.exit_code == 0, result.output
    assert "warning" in result.stderr
    assert "AccessDenied" in result.stderr
    assert fake_cdk.was_called()
