"""Demands of the model's adapters on source, engine and hosts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stacks.config.sections import StageSections
from stacks.engines import ENGINES
from stacks.engines.adapters import adapters_problems

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateInferenceComponent.html
_LONGEST_COMPONENT = 63


def adapter_problems(stage: StageSections, root: Path) -> Iterator[str]:
    """Say why adapters cannot be served; the model's local directory is below `root`."""
    if not stage.model.adapters:
        return
    if stage.monolith is not None:
        yield "model.adapters: must be left out with [monolith], which loads one file"
        return
    if not stage.engine.serves_adapters:
        able = ", ".join(name for name, engine in ENGINES.items() if engine.serves_adapters)
        yield f"model.engine: got {stage.engine.name!r}; must be one of {able} with model.adapters"
        return
    if stage.model.artifacts is None:
        yield "model.artifacts: missing; must be there with model.adapters, which lie below it"
    elif (root / stage.model.artifacts).is_dir():
        directory = root / stage.model.artifacts
        for problem in adapters_problems(directory, stage.engine, stage.model):
            yield f"model.{problem}"
    yield from _request_problems(stage)
    yield from _component_problems(stage)
    yield from _header_problems(stage)


def _request_problems(stage: StageSections) -> Iterator[str]:
    if stage.api is not None and "lora" in stage.api.engine_fields:
        yield (
            "api.engine_fields: got 'lora'; must be left out with model.adapters, which requests "
            "select by model"
        )


def _component_problems(stage: StageSections) -> Iterator[str]:
    for component in stage.adapter_components.values():
        if len(component) > _LONGEST_COMPONENT:
            yield (
                f"model.adapters: got {component!r} for a component's name; must be at most "
                f"{_LONGEST_COMPONENT} characters: shorten the adapter's"
            )
    if stage.adapter_components and stage.model.registry:
        yield (
            "model.registry: got True; must be left out with model.adapters and scale_to_zero: a "
            "rollout would change the model under adapters that a deploy has brought"
        )


def _header_problems(stage: StageSections) -> Iterator[str]:
    """Refuse vLLM where no header names the adapter: its base would answer, without a word.

    Tried with vLLM 0.30 and model-hosting-container-standards 0.1.16: `/invocations` overwrites
    `model` by SageMaker's header, which adapter components alone have.
    """
    if not stage.engine.loads_adapters:
        return
    if not stage.scales_to_zero:
        yield (
            "realtime.autoscaling.scale_to_zero: must be true with model.adapters and engine "
            f"{stage.engine.name}, which serves them on inference components alone"
        )
    for name, section in (("async", stage.asynchronous), ("batch", stage.batch)):
        if section is not None:
            yield (
                f"{name}: must be left out with model.adapters and engine {stage.engine.name}, "
                "which serves them on inference components alone"
            )
