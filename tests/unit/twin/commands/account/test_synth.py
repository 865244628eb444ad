"""The commands that have the CDK command line work, and import next to nothing for it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tests.support.fake_cdk import FakeCdk
from tests.support.project import PROJECT
from twin.cli import app

STAGE = ["--context", "stage=prod"]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("synth --stage prod", ["synth", *STAGE]),
        ("synth --stage prod -- --quiet", ["synth", *STAGE, "--quiet"]),
        ("synth --validate --stage prod", ["synth", *STAGE]),
        ("bootstrap --stage prod", ["bootstrap", *STAGE]),
    ],
)
def test_the_arguments_of_the_cdk_command_line(
    fake_cdk: FakeCdk, command: str, expected: list[str]
):
    result = CliRunner().invoke(app, command.split())

    assert result.exit_code == 0, result.output
    assert fake_cdk.call() == (PROJECT, [str(fake_cdk.cli), *expected])
    assert fake_cdk.validates() == ("--validate" in command)


def test_the_variable_of_the_cdk_is_heeded(fake_cdk: FakeCdk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CDK_VALIDATION", "true")

    CliRunner().invoke(app, ["synth", "--stage", "prod"])

    assert fake_cdk.validates()


def test_the_exit_status_is_the_cdk_command_lines(fake_cdk: FakeCdk):
    fake_cdk.ends_with(7)

    assert CliRunner().invoke(app, ["synth", "--stage", "prod"]).exit_code == 7


@pytest.mark.parametrize("command", ["synth", "bootstrap"])
def test_a_stage_must_be_named(fake_cdk: FakeCdk, command: str):
    result = CliRunner().invoke(app, [command])

    assert result.exit_code == 2
    assert "Missing option '--stage'" in result.output
    assert not fake_cdk.was_called()


def test_a_synth_waits_for_no_client_and_no_config():
    code = (
        "import sys, typer.testing, twin.cli\n"
        "typer.testing.CliRunner().invoke(twin.cli.app, ['synth', '--help'])\n"
        "print({'boto3', 'openai', 'stacks.config'} & set(sys.modules))"
    )

    shown = subprocess.check_output([sys.executable, "-c", code], cwd=PROJECT, text=True)

    assert shown.strip() == "set()"
