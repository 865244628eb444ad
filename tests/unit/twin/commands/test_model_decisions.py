"""Decisions about versions, and the ends of rollouts, as the commands tell them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from lambda_api.rollouts.request import Request
from lambda_api.rollouts.schemas import Rollout, ServedVersion
from model_artifacts.registry.version import Status, Version
from twin.commands import model_rollout, model_versions
from twin.commands.model import app

ARN = "arn:aws:sagemaker:us-east-1:000000000042:model-package/twin/2"
OTHER = ARN.replace("/2", "/3")
ENDED = Rollout(
    id="rollout-1",
    execution="one",
    stage="prod",
    trigger="rollback",
    target=ServedVersion(package=ARN, uri="", digest=""),
    begun_at=1000,
    turned_at=1000,
    ended_at=1002.5,
    next="ended",
    outcome="NotApproved",
    problem="version 2 is Rejected, not Approved",
)


class Rollouts:
    """Rollouts of which each ends in the same way; `asked`, if given, is one that runs."""

    def __init__(self, asked: Request | None = None) -> None:
        self.asked, self.stage = asked, Stage("Approved")

    def running(self) -> str | None:
        return "execution:running" if self.asked else None

    def asked_of(self, execution: str) -> Request | None:
        return self.asked

    def last_of(self, package: str) -> None:
        return None

    def start(self, command: str, **given: str) -> str:
        return f"execution:{command}"

    def follow(self, execution: str, tell: Callable[[str], None]) -> Rollout:
        tell("version read")
        return ENDED


class Stage:
    """A stage whose group has one version."""

    def __init__(self, status: Status) -> None:
        self.status, self.reason = status, "slow"
        self.identity = {"Arn": "arn:aws:iam::000000000042:user/somebody"}

    @property
    def versions(self) -> Stage:
        return self

    def find(self, number: int) -> Version:
        return Version(
            number=number,
            arn=ARN,
            status=self.status,
            reason=self.reason,
            created=datetime(2026, 11, 30, tzinfo=UTC),
            metadata={},
            commit="",
            report="",
        )

    def decide(self, version: Version, status: Status, *, reason: str, by: str) -> None:
        self.status, self.reason = status, reason


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.output, str(done.exception or "")


@pytest.fixture
def rollouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_rollout, "_rollouts", lambda _: Rollouts())


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage: Any = Stage("Rejected")
    monkeypatch.setattr(model_versions, "model_stage", lambda _: stage)
    return stage


@pytest.mark.usefixtures("rollouts")
def test_an_end_that_is_not_good_has_a_status_of_its_own() -> None:
    status, out, _ = run("rollback", "--follow")
    assert (status, out.splitlines()) == (
        1,
        [
            "version read",
            "version 2: NotApproved after 2.5 s: version 2 is Rejected, not Approved",
        ],
    )


@pytest.mark.usefixtures("rollouts")
def test_a_rollout_is_told_as_json() -> None:
    status, out, _ = run("rollback", "--follow", "--json")
    assert (status, json.loads(out)["outcome"]) == (1, "NotApproved")
    status, out, _ = run("rollback", "--json")
    assert (status, json.loads(out)) == (0, {"execution": "execution:rollback"})


@pytest.mark.parametrize(
    ("asked", "arguments", "problem"),
    [
        (Request("approval", OTHER), ["--version", "2"], "another rollout runs (approval of"),
        (Request("rollback", ""), ["--version", "2"], "(rollback of the version before)"),
        (Request("shadow", ARN), ["--version", "2"], "another rollout runs (shadow of"),
        (Request("approval", OTHER), ["--resume"], "none that was cut short"),
        (Request("approval", ARN), ["--version", "2"], ""),
        (Request("approval", OTHER), [], ""),
    ],
)
def test_a_rollout_that_runs_is_not_taken_for_another(
    monkeypatch: pytest.MonkeyPatch, asked: Request, arguments: list[str], problem: str
) -> None:
    monkeypatch.setattr(model_rollout, "_rollouts", lambda _: Rollouts(asked))
    status, out, said = run("rollout", *arguments)
    assert problem in said
    assert (status, out) == ((1, "") if problem else (0, "execution:running\n"))


def test_a_rejected_version_is_approved_only_again(stage: Stage) -> None:
    status, _, problem = run("approve", "2", "--reason", "faster now")
    assert (status, stage.status) == (1, "Rejected")
    assert "version 2: is Rejected (slow); must be approved with --again" in problem
    status, out, _ = run("approve", "2", "--reason", "faster now", "--again")
    assert (status, out, stage.status) == (0, "version 2: Approved\n", "Approved")


def test_a_decision_is_told_as_json(stage: Stage) -> None:
    _, out, _ = run("reject", "2", "--reason", "nonsense", "--json")
    told = json.loads(out)
    assert (told["number"], told["status"], told["reason"]) == (2, "Rejected", "nonsense")
