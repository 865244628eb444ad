"""Versions of the model: rolled out, refused, shadowing another, and told of elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import boto3

from lambda_api.rollouts.schemas import NO_SHADOW, Rollout
from model_artifacts.packaging.manifest import Manifest
from model_artifacts.publishing.upload import push
from model_artifacts.registry.version import Version
from tests.least_privilege.scenarios.workflow import finding
from tests.least_privilege.world import World
from tests.support.model_files import SMALL_GGUF
from tests.support.model_versions import make
from tests.support.other_bus import heard_elsewhere
from twin.lifecycle.registering import register
from twin.lifecycle.rollouts import Rollouts
from twin.lifecycle.stage import ModelStage

OTHER_ACCOUNT = "111122223333"
"""The account that the registry is shared with."""


def rollout(world: World) -> None:
    """An approved version comes to serve; the registry is told, and others."""
    stage = _stage(world)
    world.answer()  # at zero there would be nobody to check
    (other,) = [one for one in _two(stage) if stage.to_serve(one).value != stage.served()][:1]
    with _ended(world, stage) as ended:
        _approve(stage, other)
        assert ended(other.arn).outcome == "Kept"
    # Who may not write into the registry works on.
    name, after = stage.config.stage, stage.versions.find(other.number)
    assert after.metadata[name] != other.metadata.get(name), after


def refused(world: World) -> None:
    """A version that cannot start is rolled back, with the reason; a workflow finds that, too."""
    stage = _stage(world)
    broken = _registered(stage, "broken", is_broken=True)
    with _ended(world, stage) as ended:
        _approve(stage, broken)
        found = ended(broken.arn)
    assert (found.outcome, "ping health check" in found.problem) == ("RolledBack", True), found
    finding(world)


def shadow(world: World) -> None:
    """A version shadows the one that serves, and what both answer is kept."""
    stage, s3 = _stage(world), world.aws("s3")
    bucket = world.bucket("serving-artifacts")

    def captured() -> set[str]:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="captured/")
        return {entry["Key"] for page in pages for entry in page.get("Contents", [])}

    second = _two(stage)[1]
    try:
        with _ended(world, stage) as ended:
            Rollouts(stage).start("shadow", package=second.arn, share=1.0)
            assert ended().outcome == "Kept"
        before = captured()
        world.answer()
        world.wait(captured, lambda found: found > before)
    finally:
        if stage.shadowed_by() != NO_SHADOW:
            with _ended(world, stage) as ended:
                Rollouts(stage).start("shadow")
                assert ended().outcome == "Kept"


def told_elsewhere(world: World) -> None:
    """An approval reaches the account that the registry is shared with."""
    stage, settings = _stage(world), world.cloud.settings
    other = boto3.Session(OTHER_ACCOUNT, "any", region_name=settings.region)
    client = partial(other.client, endpoint_url=settings.origin)
    # It serves already: nothing is rolled out.
    (serving,) = [one for one in _two(stage) if stage.to_serve(one).value == stage.served()]
    with heard_elsewhere(client, "aws.sagemaker", sender=settings.account) as taken:
        _approve(stage, serving)
        world.wait(taken, bool)


def _stage(world: World) -> ModelStage:
    return ModelStage(world.deployment.config, world.cloud.session, world.cloud.settings.origin)


def _two(stage: ModelStage) -> list[Version]:
    """Return two versions that may serve, the first of which the stage was deployed with."""
    return [stage.versions.find(1), _registered(stage, "second")]


def _registered(stage: ModelStage, name: str, *, is_broken: bool = False) -> Version:
    """Return a version of the demo model with one more file, which is pushed if it is not there."""
    with tempfile.TemporaryDirectory() as scratch:
        directory = make(Path(scratch) / name, name)
        if is_broken:
            (gguf,) = directory.glob("*.gguf")
            gguf.write_bytes(SMALL_GGUF)
        digest = Manifest.of(directory).digest
        for version in stage.versions.all():
            if version.digest == digest:
                return version
        push(directory, stage.bucket, archive=stage.config.batch is not None)
        return register(stage, directory, None)[0]


def _approve(stage: ModelStage, version: Version) -> None:
    stage.versions.decide(version, "Approved", reason="a test", by=stage.identity["Arn"])


@contextmanager
def _ended(world: World, stage: ModelStage) -> Iterator[Any]:
    """Give a way to wait for the rollout that the block begins; none goes on after it."""
    rollouts, steps = Rollouts(stage), stage.client("stepfunctions")
    last = next(rollouts.history(), None)
    if last is not None and last.outcome is None:  # the scenario before was cut short
        rollouts.start("resume")
        world.wait(rollouts.running, lambda running: running is None)
    before = {one.id for one in rollouts.history()}

    def ended(package: str = "") -> Rollout:
        found = world.wait(
            lambda: [
                one
                for one in rollouts.history()
                if one.id not in before and package in one.target.package and one.outcome
            ],
            bool,
        )
        # The last step tells of the end after it has noted it.
        world.wait(rollouts.running, lambda running: running is None)
        assert found[0].outcome != "Kept" or _last_status(stage) == "SUCCEEDED"
        return found[0]

    try:
        yield ended
    finally:
        while execution := rollouts.running():
            steps.stop_execution(executionArn=execution)


def _last_status(stage: ModelStage) -> str:
    found = stage.client("stepfunctions").list_executions(
        stateMachineArn=stage.rollout["StateMachineArn"]
    )
    return str(max(found["executions"], key=lambda one: one["startDate"])["status"])
