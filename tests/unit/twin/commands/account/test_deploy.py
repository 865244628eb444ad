"""The commands that stand for the CDK command line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from tests.support.fake_cdk import FakeCdk
from tests.support.project import PROJECT
from twin import cdk
from twin.cli import app
from twin.errors import UserError

STAGE = ["--context", "stage=prod"]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("diff --stage prod", ["diff", *STAGE]),
        ("diff --stage prod twin-prod-api", ["diff", *STAGE, "twin-prod-api"]),
        ("deploy --stage prod --skip-doctor", ["deploy", "--all", *STAGE]),
        ("destroy --stage prod -- --force", ["destroy", "--all", *STAGE, "--force"]),
        (
            "deploy --stage prod --skip-doctor -- --require-approval never",
            ["deploy", "--all", *STAGE, "--require-approval", "never"],
        ),
        ("cdk bootstrap --help", ["bootstrap", "--help"]),
        ("cdk deploy twin-prod-api -c stage=prod", ["deploy", "twin-prod-api", "-c", "stage=prod"]),
    ],
)
def test_the_arguments_of_the_cdk_command_line(
    fake_cdk: FakeCdk, command: str, expected: list[str]
):
    result = CliRunner().invoke(app, command.split())

    assert result.exit_code == 0, result.output
    assert fake_cdk.call() == (PROJECT, [str(fake_cdk.cli), *expected])
    assert fake_cdk.validates() == command.startswith(("deploy", "cdk"))


def test_what_is_deployed_before_a_version_serves_gets_the_arguments_too(fake_cdk: FakeCdk):
    fake_cdk.ends_with(7)  # before a version is looked for
    command = "deploy --stage local --skip-doctor -- --require-approval never"

    assert CliRunner().invoke(app, command.split()).exit_code == 7
    stacks, options = fake_cdk.call()[1][2:4], fake_cdk.call()[1][4:]
    assert stacks == ["twin-local-rollout", "twin-registry"]
    assert options == ["--context", "stage=local", "--require-approval", "never"]


def test_the_exit_status_is_the_cdk_command_lines(fake_cdk: FakeCdk):
    fake_cdk.ends_with(7)

    assert CliRunner().invoke(app, ["cdk", "synth"]).exit_code == 7


@pytest.mark.parametrize("command", ["diff", "deploy", "destroy"])
def test_a_stage_must_be_named(fake_cdk: FakeCdk, command: str):
    result = CliRunner().invoke(app, [command])

    assert result.exit_code == 2
    assert "Missing option '--stage'" in result.output
    assert not fake_cdk.was_called()


@pytest.mark.parametrize("command", ["bootstrap", "deploy", "destroy", "diff", "synth"])
def test_a_profile_that_only_the_cdk_would_take_is_refused(fake_cdk: FakeCdk, command: str):
    result = CliRunner().invoke(app, [command, "--stage", "prod", "--", "--profile=team"])

    assert result.exit_code == 2
    assert "got --profile=team; must be AWS_PROFILE" in result.output
    assert not fake_cdk.was_called()


def test_a_missing_cdk_command_line_says_how_to_get_it(fake_cdk: FakeCdk):
    fake_cdk.cli.unlink()

    with pytest.raises(UserError, match="line is not installed: run `make setup`"):
        cdk.cdk_command("synth")
