"""A shadow as the commands begin, end and tell it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from lambda_api.rollouts.schemas import Rollout, ServedVersion, ShadowVersion
from twin.commands import model_rollout, model_versions
from twin.commands.model import app
from twin.lifecycle import shadow
from twin.lifecycle.captured_answers import Agreement
from twin.lifecycle.shadow import Comparison, VariantMetrics


def version(number: int) -> ServedVersion:
    return ServedVersion(
        package=f"arn:aws:sagemaker::0:model-package/m/{number}", uri="", digest=""
    )


class Rollouts:
    """Rollouts that remember what they were asked to start."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []

    @property
    def stage(self) -> Rollouts:
        return self

    @property
    def versions(self) -> Rollouts:
        return self

    def find(self, number: int) -> Any:
        return type("Found", (), {"arn": version(number).package})

    def start(self, command: str, **given: str | float) -> str:
        self.started.append({"command": command, **given})
        return "execution"

    def follow(self, _execution: str, _tell: Callable[[str], None]) -> Rollout:
        share = self.started[-1]["share"]
        return Rollout(
            id="rollout-1",
            execution="one",
            stage="prod",
            trigger="shadow",
            target=version(2),
            shadow=ShadowVersion(version=version(4), share=share) if share else None,
            begun_at=1000,
            turned_at=1000,
            ended_at=1002.5,
            next="ended",
            outcome="Kept",
        )


@pytest.fixture
def rollouts(monkeypatch: pytest.MonkeyPatch) -> Rollouts:
    fake = Rollouts()
    monkeypatch.setattr(model_rollout, "_rollouts", lambda _: fake)
    return fake


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.output, str(done.exception or "")


def test_a_version_begins_to_shadow_and_ends(rollouts: Rollouts) -> None:
    status, out, _ = run("shadow", "4", "--percent", "25", "--follow")
    assert (status, out) == (0, "shadow of version 2: version 4 at 25%: Kept after 2.5 s\n")
    status, out, _ = run("shadow", "--end", "--follow")
    assert (status, out) == (0, "shadow of version 2: none: Kept after 2.5 s\n")
    begun, ended = rollouts.started
    assert (begun["package"], begun["share"]) == (version(4).package, 0.25)
    assert (ended["package"], ended["share"]) == ("", 0)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["shadow"], "version: must be given, or --end instead"),
        (["shadow", "4", "--end"], "version: must be given, or --end instead"),
        (["compare"], "version: must be given twice, or --shadow alone"),
        (["compare", "1", "--shadow"], "version: must be given twice, or --shadow alone"),
    ],
)
def test_half_a_command_is_refused(rollouts: Rollouts, arguments: list[str], problem: str) -> None:
    assert run(*arguments)[2] == problem
    assert rollouts.started == []


def test_a_comparison_is_a_table_or_json(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Comparison(
        shadow=ShadowVersion(version=version(4), share=0.1),
        serving=2,
        since=datetime(2026, 11, 30, 12, tzinfo=UTC),
        metrics=(
            VariantMetrics(1320, 0, 0.31, 0.5, 0.02),
            VariantMetrics(132, 1, 0.42, 0.6, None),
        ),
        agreement=Agreement(131, 120.0, 110.5, 0.9, 0.95),
    )
    monkeypatch.setattr(shadow, "compare_shadow", lambda _: found)
    monkeypatch.setattr(model_versions, "model_stage", lambda _: None)
    status, out, _ = run("compare", "--shadow")
    assert status == 0
    rows = {line[:22].strip(): line[22:].split() for line in out.splitlines()}
    assert rows["version"] == ["2", "4"]
    assert rows["errors"] == ["0", "1"]
    assert rows["first chunk, p90"] == ["0.020", "s", "none"]
    assert "131 pairs: 90.0% equal, 95.0% but for case and blanks" in out
    told = json.loads(run("compare", "--shadow", "--json")[1])
    assert (told["shadow"], told["share"], told["pairs"]) == (4, 0.1, 131)
    assert [each["requests"] for each in told["metrics"]] == [1320, 132]
