"""Which cloud a stage is asked for in, and what a command says whose stage is not up there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from tests.support import stage_files
from tests.support.project import PROJECT
from twin.cli import app
from twin.commands import stages
from twin.commands.account import doctor
from twin.commands.account.removed_stacks import delete_removed_stacks
from twin.errors import UserError
from twin.local import running

NOT_RUNNING = "the test stage is not running: start it with `make up STAGE=test`"


@pytest.fixture(autouse=True)
def checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A checkout whose local cloud does not run, on a machine without credentials."""
    monkeypatch.setattr(stages, "PROJECT", tmp_path)
    monkeypatch.setattr(running, "LOCAL_DIR", tmp_path / ".local")
    monkeypatch.setenv("LOCALCLOUD_DATA_DIR", str(tmp_path / "cloud"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    (tmp_path / "config").mkdir()
    (tmp_path / "model").mkdir()
    (tmp_path / "requests.jsonl").touch()
    return tmp_path


def local_stage(checkout: Path) -> None:
    registered = {"registry": True, "artifacts": None}
    stage_files.write(
        checkout / "config" / "test.toml",
        stage_files.LOCAL,
        **{f"model__{key}": value for key, value in registered.items()},
    )


@pytest.mark.parametrize(
    "line",
    [
        "batch run {checkout}/requests.jsonl --out {checkout}/out.jsonl",
        "chat",
        "features status",
        "model history",
        "model list",
        "model push {demo}",
        "model pull 0000 --out {checkout}/pulled",
        "model register {checkout}/model --no-report",
        "model rollback --reason why",
        "outputs",
        "token",
    ],
)
def test_a_stage_of_this_machine_that_is_down_says_how_to_start_it(line: str, checkout: Path):
    local_stage(checkout)

    demo = PROJECT / "model_artifacts" / "demo"
    arguments = line.format(checkout=checkout, demo=demo).split()
    done = CliRunner().invoke(app, [*arguments, "--stage", "test"])

    assert isinstance(done.exception, UserError), done.output
    assert str(done.exception) == NOT_RUNNING


def test_status_says_how_to_start_a_stage_that_is_down():
    done = CliRunner().invoke(app, ["status", "--stage", "test"])

    assert done.output.splitlines() == ["local cloud  not running", NOT_RUNNING]


def test_logs_of_a_cloud_that_is_down_are_not_looked_for():
    done = CliRunner().invoke(app, ["logs", "--stage", "test"])

    assert str(done.exception) == NOT_RUNNING


def test_a_stage_of_aws_is_asked_for_there(checkout: Path):
    stage_files.write(checkout / "config" / "test.toml", stage_files.PROD)

    assert not stages.is_local("test")


def test_a_stage_is_looked_for_in_the_region_that_it_is_deployed_to(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_REGION", "eu-central-1")  # which boto3 does not know
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    stage_files.write(checkout / "config" / "test.toml", stage_files.PROD)
    looked_in: list[str] = []
    monkeypatch.setattr(doctor, "examine", lambda around, _: looked_in.append(around.region) or ())
    client = boto3.Session.client

    def noted(session: boto3.Session, *arguments: Any, **options: Any) -> Any:
        made = client(session, *arguments, **options)
        looked_in.append(made.meta.region_name)
        return made

    monkeypatch.setattr(boto3.Session, "client", noted)

    for line in ("doctor", "outputs"):
        CliRunner().invoke(app, [line, "--stage", "test"])
    delete_removed_stacks("test", ())

    assert stages.stage_session("test").region_name == "eu-central-1"
    assert len(looked_in) >= 3
    assert {*looked_in} == {"eu-central-1"}


def test_a_region_in_the_stages_file_comes_first(checkout: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    changes = {"project__region": "us-west-2"}
    stage_files.write(checkout / "config" / "test.toml", stage_files.PROD, **changes)

    assert stages.stage_session("test").region_name == "us-west-2"
