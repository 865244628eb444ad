"""The question of a plan: a model, an instance type and traffic, without contradictions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from planner.errors import PlanError
from planner.fit.flags import EngineFlags
from planner.hardware.saved import saved_speed
from planner.models.model import Model
from planner.models.quantization import known_format
from planner.models.sources import find_model
from planner.simulator.endpoint import FLAGS, Endpoint, endpoint
from planner.simulator.outcome import Objective
from stacks.config import StageConfig, load_stage

MODEL, INSTANCE = "llama-3.1-8b", "ml.g5.2xlarge"
TRAFFIC, RATE, HOURS = "poisson", 5.0, 1.0


@dataclass(frozen=True, kw_only=True)
class ModelQuestion:
    """A model to serve, and the instance type to serve it on; None is the default.

    Attributes:
        model: name, directory, GGUF file or id on the hub.
        config: its config.json, where that is not on this machine.
        instance: instance type.
        stage: whose model, instance type and flags to take in place of these.
        cached: share of each prompt that the prefix cache has, 0 to 1.
        speeds: file of measured speeds that `twin plan calibrate` wrote.
    """

    model: str | None = None
    config: Path | None = None
    instance: str | None = None
    stage: str | None = None
    cached: float = 0.0
    speeds: Path | None = None

    def __post_init__(self) -> None:
        if self.stage is not None:
            for name in ("model", "instance"):
                if (value := getattr(self, name)) is not None:
                    raise PlanError(
                        f"--{name} {value} beside --stage {self.stage}: got both; must be one: the "
                        f"stage has {'a model' if name == 'model' else 'an instance type'} itself"
                    )


def traffic_asked(
    trace: Path | None, kind: str | None, rate: float | None, hours: float | None, seed: int
) -> dict[str, Any]:
    """Return the arguments of generated traffic.

    Raises:
        PlanError: some are given beside a trace.
    """
    given = {"--traffic": kind, "--rate": rate, "--hours": hours}
    if trace is not None and (both := [name for name, value in given.items() if value is not None]):
        raise PlanError(
            f"{' and '.join(both)} beside --trace: got both; must be one: a trace has its own times"
        )
    seconds = (HOURS if hours is None else hours) * 3600
    rate = RATE if rate is None else rate
    return {"kind": kind or TRAFFIC, "rate": rate, "duration": seconds, "seed": seed}


def stage_of(asked: ModelQuestion) -> StageConfig | None:
    """Return the stage that the question names, or None.

    Raises:
        ConfigError: its config is wrong.
        PlanError: it has no instances to plan.
    """
    stage = load_stage(asked.stage, Path.cwd()) if asked.stage else None
    if stage is not None and stage.realtime is None:
        raise PlanError(
            f"stage: got {stage.stage!r}, which has [monolith]; must be one with [realtime], whose "
            "instances can be planned; twin plan cost has the bill of both"
        )
    return stage


def served(
    asked: ModelQuestion, stage: StageConfig | None, objective: Objective, seed: int
) -> tuple[Model, str, Endpoint]:
    """Return the model, the instance type and the endpoint that serves.

    Raises:
        PlanError: there is no such model or instance, or the one does not fit the other.
    """
    make = partial(endpoint, objective=objective, cached=asked.cached, seed=seed)
    if stage is None:
        model, instance = find_model(asked.model or MODEL, config=asked.config), asked.instance
        instance, flags = instance or INSTANCE, FLAGS
    else:
        model, instance = stage_model(stage, asked.config), stage.endpoint.instance_type
        flags = stage_flags(stage)
    serving = make(model, instance, flags=flags)
    if asked.speeds is not None:
        speed = saved_speed(asked.speeds, model, instance, serving.speed)
        serving = replace(serving, speed=speed)
    return model, instance, serving


def stage_model(stage: StageConfig, config: Path | None = None) -> Model:
    """Return the model that a stage serves.

    Raises:
        PlanError: what it serves cannot be read from here.
    """
    served = stage.model
    if served.s3 is not None and config is None:
        raise PlanError(
            f"model.s3: got {served.s3}, which is not read from here; give the model's config.json "
            "with --config"
        )
    model = find_model(served.artifacts or served.hub or served.id, config=config)
    if served.quantization is not None:
        model = model.quantized(known_format(served.quantization))
    return replace(model, name=served.id)


def stage_flags(stage: StageConfig) -> EngineFlags:
    """Return the engine's flags that decide memory, as a stage sets them."""
    flags = stage.model.flags
    share, tokens = flags.get("gpu_memory_utilization"), flags.get("max_num_batched_tokens")
    return EngineFlags(
        gpu_memory_utilization=float(share) if isinstance(share, int | float) else 0.9,
        max_num_seqs=stage.model.max_concurrent_sequences,
        max_num_batched_tokens=tokens if isinstance(tokens, int) else None,
        max_model_len=stage.model.context_length,
        kv_cache_dtype=str(flags.get("kv_cache_dtype", "auto")),
        enforce_eager=flags.get("enforce_eager") is True,
    )
