"""The planner as a group of `twin`."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from twin.cli import app


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["plan", *arguments], env={"COLUMNS": "200"})
    return result.exit_code, result.stdout, result.stderr


def test_its_commands_are_listed():
    status, out, _ = run("--help")

    assert status == 0
    assert "simulate" in out


def test_a_plan_is_made():
    traffic = ("--traffic", "poisson", "--rate", "1", "--hours", "0.1")
    status, out, err = run("simulate", *traffic, "--policy", "fixed:2")

    assert (status, err) == (0, "")
    assert "GPU-hours" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("simulate", "--model", "gpt"), "error: models: got 'gpt'"),
        (("simulate", "--stage", "nope"), "error: stage: got 'nope'; must be"),
        (("simulte",), "No such command 'simulte'. Did you mean 'simulate'?"),
    ],
)
def test_an_error_goes_to_standard_error_with_status_2(arguments: tuple[str, ...], message: str):
    status, out, err = run(*arguments)

    assert (status, out) == (2, "")
    assert message in err
