"""`twin doctor` and `twin deploy`, which looks first, in accounts of the local cloud."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
from click.testing import Result
from typer.testing import CliRunner

from doctor.examination import CHECKS
from stacks.config import StageConfig
from tests.support.fake_cdk import FakeCdk
from tests.support.localcloud.account import NOTHING, REGION, Account
from tests.support.localcloud.cloud import Cloud
from twin.cli import app
from twin.commands import stages
from twin.commands.account import doctor

Twin = Callable[..., Result]


@pytest.fixture
def fake_cdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCdk:
    (tmp_path / "cdk").mkdir()
    return FakeCdk.install(tmp_path / "cdk", monkeypatch)


@pytest.fixture
def twin(small: Cloud, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Twin:
    """Runs a command on the stage `test`, with the credentials of a session."""
    for module in (stages, doctor):
        monkeypatch.setattr(module, "PROJECT", tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", small.settings.origin)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_PROFILE", raising=False)

    def run(command: str, *options: str, session: boto3.Session = account.session) -> Result:
        key = session.get_credentials()
        assert key is not None
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.access_key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret_key)
        monkeypatch.setenv("AWS_SESSION_TOKEN", key.token or "")
        return CliRunner().invoke(app, [command, "--stage", "test", *options])

    return run


def test_what_is_wrong_stops_the_deployment(
    twin: Twin, stage: Callable[..., StageConfig], fake_cdk: FakeCdk
) -> None:
    stage()
    result = twin("deploy")

    assert result.exit_code == 1, result.output
    assert not fake_cdk.was_called()
    assert "us-east-1 is not bootstrapped for CDK in this account" in result.stdout
    assert "-> make bootstrap STAGE=test" in result.stdout
    assert "nothing was deployed; --skip-doctor deploys all the same" in result.stderr


def test_who_skips_it_is_told_what_nobody_has_looked_at(
    twin: Twin, stage: Callable[..., StageConfig], fake_cdk: FakeCdk
) -> None:
    stage()
    result = twin("deploy", "--skip-doctor")

    assert result.exit_code == 0, result.output
    assert fake_cdk.was_called()
    assert all(check.name in result.stderr for check in CHECKS)


def test_a_ready_account_is_deployed_to(
    twin: Twin,
    account: Account,
    stage: Callable[..., StageConfig],
    fake_cdk: FakeCdk,
    tmp_path: Path,
) -> None:
    account.make_ready(stage(), tmp_path)
    result = twin("deploy")

    assert result.exit_code == 0, result.output
    assert fake_cdk.was_called()
    assert ", 0 failure, 0 not allowed to look" in result.stdout


def test_who_may_not_look_deploys_unseen_and_doctor_has_a_status_for_it(
    twin: Twin, account: Account, stage: Callable[..., StageConfig], fake_cdk: FakeCdk
) -> None:
    stage()
    session = account.may("nobody", [NOTHING])
    result = twin("doctor", session=session)
    assert result.exit_code == 3
    assert "not allowed to look quotas" in result.stdout
    assert "these credentials may not look at anything in the account" in result.stderr

    assert twin("deploy", session=session).exit_code == 0
    assert fake_cdk.was_called()


def test_json_has_each_finding_and_the_status(
    twin: Twin, stage: Callable[..., StageConfig]
) -> None:
    stage()
    result = twin("doctor", "--json")

    told = json.loads(result.stdout)
    assert result.exit_code == told["status"] == 1
    assert told["stage"] == "test"
    (bootstrap,) = [one for one in told["findings"] if one["check"] == "bootstrap"]
    assert bootstrap == {
        "check": "bootstrap",
        "outcome": "failure",
        "message": "us-east-1 is not bootstrapped for CDK in this account",
        "remedy": "make bootstrap STAGE=test",
    }
