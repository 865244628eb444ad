"""The [model] section: the model that is served, and its engine."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from stacks.config.credentials import ADVICE, is_credential
from stacks.config.section import Section
from stacks.engines import ENGINES
from stacks.engines.engine import FlagValue
from stacks.engines.flags import flag_problem

Source = Annotated[str, StringConstraints(min_length=1)]

Modality = Literal["text", "image", "audio", "video"]
_TEXT_ALONE: tuple[Modality, ...] = ("text",)


class ModelConfig(Section):
    """[model]: a model from exactly one source: artifacts, s3 or hub.

    Attributes:
        id: name that clients put in `model`. Sets AWS::SageMaker::Model.Environment and
            TWIN_MODEL_ID.
        engine: name of the serving engine. Sets AWS::SageMaker::Model.Image,
            AWS::SageMaker::Model.Environment and TWIN_ENGINE.
        artifacts: local directory, relative to the project's root, published by `cdk deploy`. Sets
            AWS::SageMaker::Model.ModelDataSource and, for [batch],
            AWS::SageMaker::Model.ModelDataUrl.
        s3: prefix that holds the weights uncompressed, ending in "/". Sets
            AWS::SageMaker::Model.ModelDataSource.
        hub: public Hugging Face model that the container downloads when it starts. Sets
            AWS::SageMaker::Model.Environment.
        context_length: most tokens of prompt and answer together. Sets
            AWS::SageMaker::Model.Environment.
        max_concurrent_sequences: most requests one instance decodes at once; more of them wait.
            Sets AWS::SageMaker::Model.Environment and, unless [async] says otherwise,
            AWS::SageMaker::EndpointConfig.MaxConcurrentInvocationsPerInstance.
        modalities: kinds of content parts that the model takes; a part of another kind is refused
            before it reaches the engine. Sets TWIN_MODALITIES.
        quantization: format that the engine quantizes to while loading, one that it knows; left out
            for weights that are stored quantized. Sets AWS::SageMaker::Model.Environment.
        flags: the engine's own flags, by its names for them, e.g. gpu_memory_utilization = 0.85.
            Sets AWS::SageMaker::Model.Environment.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/:-]{0,127}$")]
    engine: Annotated[str, Field(json_schema_extra={"enum": [*ENGINES]})]
    artifacts: Source | None = None
    s3: (
        Annotated[str, StringConstraints(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/(.+/)?$")]
        | None
    ) = None
    hub: Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+(:[\w.-]+)?$")] | None = None
    context_length: Annotated[int, Field(ge=128, le=10_000_000)]
    max_concurrent_sequences: Annotated[int, Field(ge=1, le=4096)] = 32
    modalities: Annotated[list[Modality], Field(min_length=1)] = Field(
        default_factory=lambda: [*_TEXT_ALONE]
    )
    quantization: str | None = None
    flags: dict[str, FlagValue] = Field(default_factory=dict, max_length=80)

    @field_validator("engine")
    @classmethod
    def _is_known(cls, engine: str) -> str:
        if engine not in ENGINES:
            raise ValueError(f"must be one of {', '.join(ENGINES)}")
        return engine

    @field_validator("flags")
    @classmethod
    def _fit_an_environment(cls, flags: dict[str, FlagValue]) -> dict[str, FlagValue]:
        found = (
            f"{name!r} {ADVICE}" if is_credential(name, value) else flag_problem(name, value)
            for name, value in flags.items()
        )
        if problems := [problem for problem in found if problem]:
            raise ValueError("\n".join(problems))
        return flags

    @field_validator("modalities")
    @classmethod
    def _include_text(cls, modalities: list[Modality]) -> list[Modality]:
        if "text" not in modalities or len(set(modalities)) < len(modalities):
            raise ValueError('must have "text", and each kind once')
        return modalities

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        given = [name for name in ("artifacts", "s3", "hub") if getattr(self, name) is not None]
        if len(given) != 1:
            got = " and ".join(given) or "none"
            raise ValueError(f"source: got {got}; must be exactly one of artifacts, s3 and hub")
        return self
