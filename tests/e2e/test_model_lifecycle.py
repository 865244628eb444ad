"""The lines of docs/model-lifecycle.md in order, then versions that must not stay, under load."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from doctor.examination import examine
from doctor.surroundings import Surroundings
from lambda_api.rollouts.schemas import NO_SHADOW, Rollout
from tests.least_privilege.unused import unused_rights
from tests.support.asking import asking_all_the_time, asking_at_a_rate
from tests.support.eventually import poll
from tests.support.model_files import SMALL_GGUF
from tests.support.model_versions import STAGE, RunCommand, make, register, release
from tests.support.workflow import job_session
from twin.cdk import cdk_command
from twin.environment import PROJECT
from twin.lifecycle.captured_answers import LEAST_PAIRS
from twin.lifecycle.first_version import ensure_first_version
from twin.lifecycle.rollouts import Rollouts
from twin.lifecycle.stage import ModelStage
from twin.local.deployment import LocalDeployment

SPEED = {"contains": "endpoint", "max_seconds": 0.001}
NONSENSE = {"equals": "what this model never says"}


def rejection(model_stage: ModelStage) -> Rollout:
    """The rollout that a rejection begins, once it has ended."""
    rollouts = Rollouts(model_stage)
    return poll(
        lambda: next(rollouts.history()),
        lambda found: found.trigger == "rejection" and found.outcome is not None,
    )


def make_crashing(directory: Path) -> None:
    """Leave a model headers that are accepted, and no weights to compute with."""
    (gguf,) = directory.glob("*.gguf")
    gguf.write_bytes(SMALL_GGUF)


def documented(title: str) -> list[str]:
    """The commands of a section of the page, each of them run once its rollout is over."""
    page = (PROJECT / "docs" / "model-lifecycle.md").read_text()
    (section,) = [part for part in page.split("\n## ") if part.startswith(f"{title}\n")]
    return [line for line in section.splitlines() if line.startswith("twin model ")]


def test_the_documented_commands_run_as_written_without_a_failed_request(
    twin: RunCommand, model_stage: ModelStage, served_by: OpenAI, tmp_path: Path
) -> None:
    make(tmp_path / "second", "of another digest")
    with asking_all_the_time(served_by, "twin-demo") as answers:
        said = {line: twin(line) for line in documented("Try it")}
        rejected = rejection(model_stage)
    assert "version 2: Kept" in said["twin model rollout --follow"]
    assert (rejected.outcome, rejected.target.number) == ("Kept", 1)
    history = json.loads(twin(f"twin model history --json --stage {STAGE}"))
    assert [each["target"]["package"][-2:] for each in history if each["outcome"] == "Kept"] == [
        "/1",
        "/2",
        "/1",
        "/2",
    ]
    assert [answer for answer in answers if not isinstance(answer, str)] == []
    assert len(answers) > 5


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("crashing", "ping health check"),
        ("slow", "must take at most 0.001"),
        ("nonsense", "must equal"),
    ],
)
def test_a_version_that_must_not_stay_is_rolled_back(
    twin: RunCommand,
    model_stage: ModelStage,
    served_by: OpenAI,
    tmp_path: Path,
    name: str,
    problem: str,
) -> None:
    before = model_stage.served()
    expect = {"slow": SPEED, "nonsense": NONSENSE}.get(name)
    directory = make(tmp_path / name, name, expect)
    if name == "crashing":
        make_crashing(directory)
    with asking_all_the_time(served_by, "twin-demo") as answers:
        number = release(twin, directory)
        said = twin(f"twin model rollout --follow --stage {STAGE}", status=1)
    assert f"version {number}: RolledBack" in said
    assert problem in said
    assert model_stage.served() == before
    shown = json.loads(twin(f"twin model show {number} --json --stage {STAGE}"))
    assert shown["metadata"][STAGE].startswith("RolledBack")
    assert [answer for answer in answers if not isinstance(answer, str)] == []


def test_a_version_shadows_the_one_that_serves_and_nobody_notices(
    twin: RunCommand, model_stage: ModelStage, served_by: OpenAI, tmp_path: Path
) -> None:
    number = register(twin, make(tmp_path / "shadow", "shadows"))
    begin, compare, end = documented("Shadow")
    begun = twin(begin.replace("VERSION", str(number)).replace("--percent 10", "--percent 100"))
    assert f"version {number} at 100%: Kept" in begun
    assert f"s {number:4}  Pending" in twin(f"twin model list --stage {STAGE}")
    with asking_at_a_rate(served_by, "twin-demo", 20) as answers:
        poll(lambda: len(answers), lambda asked: asked >= LEAST_PAIRS + 20)
    compared = poll(lambda: compared_by(twin, compare), lambda found: found is not None)
    assert [answer for answer in answers if not isinstance(answer, str)] == []
    assert compared["pairs"] >= LEAST_PAIRS
    assert (compared["shadow"], compared["equal"]) == (number, 1.0)  # the same weights
    assert all(each["latency_p90"] > 0 and not each["errors"] for each in compared["metrics"])
    assert ": none: Kept" in twin(end)


def compared_by(twin: RunCommand, line: str) -> dict[str, Any] | None:
    """What a comparison found, once enough was captured and counted."""
    try:
        found: dict[str, Any] = json.loads(twin(f"{line} --json"))
    except AssertionError:
        return None
    return found if all(each["latency_p90"] for each in found["metrics"]) else None


def test_a_shadow_that_cannot_start_leaves_what_serves_alone(
    twin: RunCommand, model_stage: ModelStage, served_by: OpenAI, tmp_path: Path
) -> None:
    before = model_stage.served()
    directory = make(tmp_path / "broken", "a broken shadow")
    make_crashing(directory)
    with asking_all_the_time(served_by, "twin-demo") as answers:
        number = register(twin, directory)
        said = twin(f"twin model shadow {number} --follow --stage {STAGE}", status=1)
    assert "RolledBack" in said
    assert "ping health check" in said
    assert (model_stage.served(), model_stage.shadowed_by()) == (before, NO_SHADOW)
    assert [answer for answer in answers if not isinstance(answer, str)] == []


def test_a_workflow_finds_the_version_that_serves(
    released: LocalDeployment, model_stage: ModelStage, tmp_path: Path
) -> None:
    session = job_session(released, "Deploy", f"environment:{STAGE}")
    origin = released.cloud.settings.origin
    # As before the first template that reads it, and with a directory that is no version.
    model_stage.client("ssm").delete_parameter(Name=str(released.config.shadow_parameter))
    make(tmp_path / "model_artifacts" / "demo", "changed since")
    ensure_first_version(ModelStage(released.config, session, origin), tmp_path)
    assert model_stage.shadowed_by() == NO_SHADOW
    findings = examine(Surroundings(session, released.project, origin), released.config)
    assert [finding for finding in findings if finding.outcome == "denied"] == []


def test_every_right_of_the_rollout_and_of_the_workflow_is_used(released: LocalDeployment) -> None:
    unused = unused_rights(released.cloud, f"twin-{STAGE}-")
    assert [right for right in unused if right.startswith("rollout ")] == []
    # The roles of CDK's bootstrap are assumed where all stacks are deployed:
    # tests/least_privilege/scenarios/workflow.py.
    of_workflow = [right for right in unused if right.startswith("ci Deploy ")]
    assert [right for right in of_workflow if not right.endswith(" sts:AssumeRole")] == []


def test_the_templates_are_still_true(released: LocalDeployment) -> None:
    done = subprocess.run(
        cdk_command("diff", "--app", released.assembly, "--all", "--fail", "--method", "template"),
        env=released.cloud.environment(CI="1", NO_COLOR="1"),
        cwd=released.project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_changed_directory_is_told_to_do_nothing(
    model_stage: ModelStage, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ensure_first_version(model_stage, PROJECT)
    assert "note" not in capsys.readouterr().err
    make(tmp_path / "model_artifacts" / "demo", "changed since")
    ensure_first_version(model_stage, tmp_path)
    assert "model_artifacts/demo is no version of twin" in capsys.readouterr().err
