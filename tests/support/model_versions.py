"""Versions of the stage `lifecycle`, made and released by the commands of `twin model`."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.support.eventually import poll
from twin.environment import PROJECT
from twin.lifecycle.rollouts import Rollouts
from twin.lifecycle.stage import ModelStage

STAGE = "lifecycle"
RunCommand = Callable[..., str]
"""`(line, status=0)` -> what the command said."""


def make(directory: Path, padding: str, expect: dict[str, object] | None = None) -> Path:
    """Make a model's directory of a digest of its own, with one check."""
    shutil.copytree(PROJECT / "model_artifacts" / "demo", directory)
    (directory / "notes.txt").write_text(padding)
    question = [{"role": "user", "content": "What is an endpoint config?"}]
    check = {"messages": question, "max_tokens": 40, "expect": expect or {"contains": "endpoint"}}
    (directory / "golden.jsonl").write_text(json.dumps(check))
    return directory


def register(twin: RunCommand, directory: Path) -> int:
    """Push and register; return the version's number."""
    twin(f"twin model push {directory} --stage {STAGE}")
    said = twin(f"twin model register {directory} --no-report --stage {STAGE}")
    return int(re.findall(r"twin/(\d+)", said)[0])


def release(twin: RunCommand, directory: Path) -> int:
    """Push, register and approve; return the version's number."""
    number = register(twin, directory)
    twin(f'twin model approve {number} --reason "a test" --stage {STAGE}')
    return number


def begun(twin: RunCommand, stage: ModelStage, directory: Path) -> tuple[Rollouts, int]:
    """Release a version whose rollout takes seconds, in which something can be killed."""
    golden = directory / "golden.jsonl"
    golden.write_text((golden.read_text() + "\n") * 100)
    number, rollouts = release(twin, directory), Rollouts(stage)
    poll(
        lambda: next(rollouts.history(), None),
        lambda found: found is not None and found.target.number == number,
    )
    return rollouts, number
