"""Which cloud a stage is asked for in, and what a command says whose stage is not up there."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support import stage_files
from tests.support.project import PROJECT
from twin.cli import app
from twin.commands import stages
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
