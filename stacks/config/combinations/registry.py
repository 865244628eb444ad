"""Demands of the model registry on the other sections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stacks.config.sections import StageSections

_RESERVED: Final = {
    "parameters": ("aws", "ssm"),
    "buckets": ("xn--", "sthree-", "amzn-s3-demo-"),
}
"""Beginnings that AWS keeps from the names of a kind."""


def registry_problems(stage: StageSections) -> Iterator[str]:
    """Say what of [registry] and [rollout] has nothing to act on."""
    for name in ("registry", "rollout"):
        if getattr(stage, name) is not None and not stage.model.registry:
            yield f"{name}: must be left out without model.registry = true"
    if stage.model.registry and stage.realtime is None:
        yield "model.registry: got True; must be left out without [realtime]: a rollout moves it"
    yield from _shadow_problems(stage)
    yield from _name_problems(stage)
    registry, rollout = stage.model_registry, stage.model_rollout
    if registry.approve_first and stage.model.artifacts is None:
        yield (
            "registry.approve_first: got True; must be left out without model.artifacts, which "
            "become version 1"
        )
    if registry.account is not None and registry.account == stage.project.account:
        yield (
            f"registry.account: got {registry.account!r}; must be left out where it is the "
            "stage's own"
        )
    if rollout.after_stage == stage.stage:
        yield f"rollout.deploy: got {rollout.deploy!r}; must name another stage"


def _name_problems(stage: StageSections) -> Iterator[str]:
    """Say why the project's name can be none of the version's parameter, or of the registry.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    name = stage.project.name
    if not stage.model.registry:
        return
    for kind, prefixes in _RESERVED.items():
        if name.startswith(prefixes):
            yield (
                f"project.name: got {name!r}; must begin with none of {', '.join(prefixes)} with "
                f"model.registry = true: AWS keeps them from the names of {kind}"
            )
    if stage.model_registry.group == name and name.endswith("-"):
        yield (
            f"project.name: got {name!r}; must end in a letter or digit without registry.group: it "
            "is the name of the model package group"
        )


def _shadow_problems(stage: StageSections) -> Iterator[str]:
    """Say why no version could shadow another."""
    if stage.shadow_parameter is None:
        return
    if not stage.model.registry:
        yield "realtime.shadow: must be left out without model.registry = true: a version shadows"
    if stage.scales_to_zero:
        yield (
            "realtime.shadow: must be left out with autoscaling.scale_to_zero: SageMaker shadows "
            "variants with a model, and no inference components"
        )
    if stage.endpoint.deployment.strategy == "rolling":
        yield (
            "realtime.deployment.strategy: got 'rolling'; must be another with realtime.shadow: "
            "SageMaker rolls endpoints of one variant only"
        )
