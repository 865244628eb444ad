"""Faults of rollouts: processes that are killed, requests that are bad, a parameter of rubbish."""

from __future__ import annotations

import json
import re
import shlex
from hashlib import sha256
from pathlib import Path

import pytest
from openai import OpenAI
from typer.testing import CliRunner

from tests.support.asking import QUESTION
from tests.support.eventually import poll
from tests.support.model_versions import STAGE, RunCommand, begun, make, register
from tests.support.quantization_report import REPORT
from twin.client.conversation import ask
from twin.commands.model import app
from twin.environment import PROJECT
from twin.errors import UserError
from twin.lifecycle.first_version import ensure_first_version
from twin.lifecycle.stage import ModelStage
from twin.local.deployment import LocalDeployment


def test_an_execution_that_was_killed_is_taken_up_again(
    twin: RunCommand, model_stage: ModelStage, tmp_path: Path
) -> None:
    rollouts, number = begun(twin, model_stage, make(tmp_path / "third", "cut short"))
    execution = rollouts.running()
    assert execution is not None
    model_stage.client("stepfunctions").stop_execution(executionArn=execution)
    said = twin(f"twin model rollout --resume --follow --stage {STAGE}")
    assert f"version {number}: Kept" in said


@pytest.mark.parametrize("program", ["engines.llama_cpp", "lifecycle-rollout"])
def test_a_process_that_is_killed_leaves_a_stage_that_serves(
    twin: RunCommand,
    model_stage: ModelStage,
    released: LocalDeployment,
    served_by: OpenAI,
    tmp_path: Path,
    program: str,
) -> None:
    before = model_stage.served()
    rollouts, number = begun(twin, model_stage, make(tmp_path / program, program))
    poll(lambda: next(rollouts.history()).next, lambda step: step == "check")
    server = released.cloud.process()
    assert server is not None
    found = [one for one in server.children(recursive=True) if program in str(one.cmdline())]
    max(found, key=lambda process: process.create_time()).kill()
    ended = poll(lambda: next(rollouts.history()), lambda found: found.outcome is not None)
    assert ended.outcome in ("Kept", "RolledBack")
    assert (model_stage.served() == before) is (ended.outcome == "RolledBack")
    assert ask(served_by, "twin-demo", QUESTION, lambda _: None).text
    assert (
        f"version {number}: {ended.outcome}"
        in CliRunner().invoke(app, ["rollout", "--follow", "--stage", STAGE]).output
    )


def test_bad_requests_are_refused_with_their_reason(
    twin: RunCommand, model_stage: ModelStage, tmp_path: Path
) -> None:
    directory = make(tmp_path / "unpushed", "never pushed")
    line = f"twin model register {directory} --no-report --stage {STAGE}"
    refused = CliRunner().invoke(app, shlex.split(line)[2:])
    assert "unfinished or never began" in str(refused.exception)
    number = register(twin, make(tmp_path / "rejected", "never approved"))
    said = twin(f'twin model reject {number} --reason "a test" --json --stage {STAGE}')
    assert (json.loads(said)["status"], json.loads(said)["reason"]) == ("Rejected", "a test")
    line = f'twin model approve {number} --reason "again" --stage {STAGE}'
    refused = CliRunner().invoke(app, shlex.split(line)[2:])
    assert "--again" in str(refused.exception)
    ended = twin(f"twin model rollback --to {number} --follow --json --stage {STAGE}", status=1)
    assert json.loads(ended)["outcome"] == "NotApproved"
    refused = CliRunner().invoke(app, ["rollback", "--to", "999", "--stage", STAGE])
    assert "version: got 999; must be one of the group's" in str(refused.exception)


def test_measurements_stay_with_the_version_that_they_are_of(
    twin: RunCommand, model_stage: ModelStage, tmp_path: Path
) -> None:
    directory, report = make(tmp_path / "measured", "measured"), tmp_path / "report.json"
    twin(f"twin model push {directory} --stage {STAGE}")
    line = f"twin model register {directory} --report {report} --json --stage {STAGE}"
    before = model_stage.versions.all()
    report.write_text(json.dumps(REPORT))
    refused = CliRunner().invoke(app, shlex.split(line)[2:])
    assert "must be of a file of the model that is registered" in str(refused.exception)
    assert model_stage.versions.all() == before
    (gguf,) = directory.glob("*.gguf")
    target = {**REPORT["target"], "sha256": sha256(gguf.read_bytes()).hexdigest()}
    report.write_text(json.dumps({**REPORT, "target": target}))
    metadata = json.loads(twin(line))["metadata"]
    assert (metadata["quantization"], metadata["kl-mean"]) == ("Q4_K_M", "0.0100")


def test_a_broken_check_is_refused_before_anything_is_registered(
    twin: RunCommand, model_stage: ModelStage, tmp_path: Path
) -> None:
    directory = make(tmp_path / "broken", "a broken line")
    with (directory / "golden.jsonl").open("a") as golden:
        golden.write('\n{"messages": [')
    twin(f"twin model push {directory} --stage {STAGE}")
    before = model_stage.versions.all()
    line = f"twin model register {directory} --no-report --stage {STAGE}"
    refused = CliRunner().invoke(app, shlex.split(line)[2:])
    assert re.search(r"golden\.jsonl: line 2: ", str(refused.exception))
    assert model_stage.versions.all() == before


def test_a_parameter_edited_to_rubbish_stops_a_deployment_and_a_rollback_mends_it(
    twin: RunCommand, model_stage: ModelStage
) -> None:
    good = model_stage.served()
    parameter = {"Name": model_stage.config.version_parameter, "Type": "StringList"}
    ssm = model_stage.client("ssm")
    ssm.put_parameter(**parameter, Value="rubbish,by,hand", Overwrite=True)
    with pytest.raises(UserError, match=r"rubbish,by,hand.*must be written by a rollout"):
        ensure_first_version(model_stage, PROJECT)
    number = (good or "").split(",")[0].rpartition("/")[2]
    said = twin(f"twin model rollback --to {number} --follow --stage {STAGE}")
    assert f"version {number}: Kept" in said
    assert model_stage.served() == good
