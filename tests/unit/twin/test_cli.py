"""The command line as a whole."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tests.support.project import PROJECT
from twin import cli

COMMANDS = {
    "On this machine": ("demo", "up", "down", "status", "logs", "dev"),
    "In an AWS account": ("doctor", "synth", "bootstrap", "diff", "deploy", "destroy", "cdk"),
    "A deployed stage": ("outputs", "chat", "token", "batch", "features"),
    "Before money is spent": ("plan",),
}

NO_CREDENTIALS = (
    "error: no complete credentials were found: run `aws configure` or `aws sso login`, or set "
    "AWS_PROFILE; a stage of the cloud on this machine is started with `make up STAGE=...`"
)


def test_help_lists_every_command_under_its_heading():
    shown = CliRunner().invoke(cli.app, ["--help"], env={"COLUMNS": "200"}).output

    sections = shown.split("╭─ ")
    for heading, commands in COMMANDS.items():
        (section,) = (part for part in sections if part.startswith(heading))
        rows = [line.split()[1] for line in section.splitlines() if line.startswith("│ ")]
        assert rows == list(commands)


def test_only_a_plan_waits_for_numbers_and_only_a_synth_for_the_cdk():
    code = "import twin.cli, sys; print({'numpy', 'matplotlib', 'aws_cdk'} & set(sys.modules))"

    shown = subprocess.check_output([sys.executable, "-c", code], cwd=PROJECT, text=True)

    assert shown.strip() == "set()"


def test_what_starts_the_local_cloud_does_not_wait_for_openai():
    code = (
        "import sys; from twin.cli import _others; _others(); from twin.local import deployment\n"
        "print('openai' in sys.modules)"
    )

    assert subprocess.check_output([sys.executable, "-c", code], cwd=PROJECT) == b"False\n"


def test_help_does_not_wait_for_numbers_either():
    code = (
        "import sys, typer.testing, twin.cli\n"
        "typer.testing.CliRunner().invoke(twin.cli.app, ['--help'])\n"
        "print('numpy' in sys.modules)"
    )

    assert subprocess.check_output([sys.executable, "-c", code], cwd=PROJECT) == b"False\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["outputs", "--stage", "nope"], "error: stage: got 'nope'; must be"),
        (["status"], "error: LOCALCLOUD_PORT: got 'high'; Input should be a valid integer"),
        (["outputs", "--stage", "prod"], NO_CREDENTIALS),
    ],
)
def test_an_error_is_one_line_on_standard_error_with_status_2(
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setenv("LOCALCLOUD_PORT", "high")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr(sys, "argv", ["twin", *arguments])

    with pytest.raises(SystemExit) as exit_:
        cli.main()

    out, err = capsys.readouterr()
    assert exit_.value.code == 2
    assert out == ""
    assert err.startswith(message)
    assert err.count("\n") == 1
