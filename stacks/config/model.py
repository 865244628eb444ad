"""The [model] section: the model that is served, and its engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from stacks.config.credentials import ADVICE, is_credential
from stacks.config.section import Section
from stacks.engines import ENGINES
from stacks.engines.engine import FlagValue
from stacks.engines.flags import flag_problem

Source = Annotated[str, StringConstraints(min_length=1)]

Modality = Literal["text", "image", "audio", "video"]
_TEXT_ALONE: tuple[Modality, ...] = ("text",)


class AdapterConfig(Section):
    """[[model.adapters]]: a LoRA adapter, which requests select by `model = "<id>:<name>"`.

    docs/model-lifecycle.md

    Attributes:
        name: name behind the model's id: letters, digits and dashes; with scale_to_zero and vLLM
            also the end of an inference component's name. Sets AWS::SageMaker::Model.Environment,
            TWIN_MODEL_SELECTORS, TWIN_ADAPTER_COMPONENTS and
            AWS::SageMaker::InferenceComponent.InferenceComponentName.
        path: directory below model.artifacts, with PEFT's adapter_config.json and
            adapter_model.safetensors, or for llama.cpp with the one GGUF file that `twin model
            convert-adapter` writes. Sets AWS::SageMaker::Model.Environment and
            AWS::SageMaker::InferenceComponent.ArtifactUrl.
    """

    name: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$", max_length=31)
    ]
    path: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$"),
    ]


class ModelConfig(Section):
    """[model]: a model from exactly one source: artifacts, s3, hub or registry.

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
        registry: serve the approved version of the [registry], which a rollout changes. Beside
            artifacts these are version 1 of a group without versions. Sets
            AWS::SageMaker::Model.ModelDataSource and, for [batch],
            AWS::SageMaker::Model.ModelDataUrl.
        revision: commit of the hub's repository, 40 digits; left out, each instance that starts
            takes what is newest then. Sets AWS::SageMaker::Model.Environment.
        chat_template: prompt format that the model was trained with, in Jinja, where it is not the
            tokenizer's: a file, relative to the project's root, or the template itself. Line ends
            are left out, with the spaces around them. Sets AWS::SageMaker::Model.Environment.
        context_length: most tokens of prompt and answer together. Sets
            AWS::SageMaker::Model.Environment.
        max_concurrent_sequences: most requests one instance decodes at once; more of them wait.
            Sets AWS::SageMaker::Model.Environment and, unless [async] says otherwise,
            AWS::SageMaker::EndpointConfig.MaxConcurrentInvocationsPerInstance.
        modalities: kinds of content parts that the model takes; a part of another kind is refused
            before it reaches the engine. Sets TWIN_MODALITIES.
        quantization: format that the engine quantizes to while loading, one that it knows and the
            instance's GPU takes: fp8 is computed in 8 bits from compute capability 8.9 on, before
            it only stored so; left out for weights that are stored quantized. Sets
            AWS::SageMaker::Model.Environment.
        adapters: LoRA adapters of the model, each served beside it under a name of its own; left
            out, there are none. Sets AWS::SageMaker::Model.Environment and TWIN_MODEL_SELECTORS.
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
    registry: bool = False
    revision: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")] | None = None
    chat_template: Source | None = None
    context_length: Annotated[int, Field(ge=128, le=10_000_000)]
    max_concurrent_sequences: Annotated[int, Field(ge=1, le=4096)] = 32
    modalities: Annotated[list[Modality], Field(min_length=1)] = Field(
        default_factory=lambda: [*_TEXT_ALONE]
    )
    quantization: str | None = None
    adapters: list[AdapterConfig] = Field(default_factory=list, max_length=100)
    flags: dict[str, FlagValue] = Field(default_factory=dict, max_length=80)

    @field_validator("engine")
    @classmethod
    def _is_known(cls, engine: str) -> str:
        if engine not in ENGINES:
            raise ValueError(f"must be one of {', '.join(ENGINES)}")
        return engine

    @field_validator("chat_template")
    @classmethod
    def _fits_a_variable(cls, given: str | None, info: ValidationInfo) -> str | None:
        if given is None:
            return None
        file = (info.context or {}).get("root", Path()) / given
        if "{" not in given and not file.is_file():
            raise ValueError("must be a file, or a template in Jinja")
        text = given if "{" in given else file.read_text(encoding="utf-8")
        line = "".join(part.strip() for part in text.splitlines())
        if problem := flag_problem("chat_template", line):
            raise ValueError(problem)
        return line

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

    @field_validator("adapters")
    @classmethod
    def _have_names_of_their_own(cls, adapters: list[AdapterConfig]) -> list[AdapterConfig]:
        names = [adapter.name for adapter in adapters]
        if len(set(names)) < len(names):
            raise ValueError(f"must have each name once, not {max(names, key=names.count)!r} again")
        return adapters

    @field_validator("modalities")
    @classmethod
    def _include_text(cls, modalities: list[Modality]) -> list[Modality]:
        if "text" not in modalities or len(set(modalities)) < len(modalities):
            raise ValueError('must have "text", and each kind once')
        return modalities

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        given = [name for name in ("artifacts", "s3", "hub") if getattr(self, name) is not None]
        given += ["registry"] * self.registry
        if len(given) != 1 and given != ["artifacts", "registry"]:
            got = " and ".join(given) or "none"
            raise ValueError(
                f"source: got {got}; must be exactly one of artifacts, s3, hub and registry; "
                "artifacts may stand beside registry"
            )
        return self
