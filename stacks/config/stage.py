"""One deployment stage: every section together, and what one section demands of another."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

from pydantic import ValidationInfo, model_validator

from stacks.config.api import ApiConfig
from stacks.config.model import ModelConfig
from stacks.config.project import ProjectConfig
from stacks.config.realtime import RealtimeConfig
from stacks.config.section import Section
from stacks.engines import ENGINES, Engine
from stacks.engines.instances import family, gpu_count, processor

# Accepting their licence takes a token: https://huggingface.co/docs/hub/models-gated
_GATED = ("meta-llama/", "google/gemma-")


class StageConfig(Section):
    """config/<stage>.toml.

    Attributes:
        stage: name of the file, part of every stack's name.
        project: whose deployment this is.
        model: what is served.
        realtime: the instances of the endpoint.
        api: the HTTPS API in front of it.
    """

    stage: str
    project: ProjectConfig
    model: ModelConfig
    realtime: RealtimeConfig
    api: ApiConfig = ApiConfig()

    @property
    def engine(self) -> Engine:
        """The adapter of the engine that serves the model."""
        return ENGINES[self.model.engine]

    @property
    def endpoint_name(self) -> str:
        """Name of the SageMaker endpoint."""
        return f"{self.project.name}-{self.stage}"

    def stack_name(self, stack: str) -> str:
        """Name of one of the stage's CloudFormation stacks: `serving` or `api`."""
        return f"{self.endpoint_name}-{stack}"

    @model_validator(mode="after")
    def _sections_fit(self, info: ValidationInfo) -> Self:
        problems = [*self._engine_problems(), *self._source_problems(_root(info))]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _engine_problems(self) -> Iterator[str]:
        engine, type_ = self.engine, self.realtime.instance_type
        image = engine.image(processor(type_))
        if image is None or family(type_) in engine.too_old:
            wanted = "a newer GPU" if image else "a GPU"
            yield f"realtime.instance_type: got {type_!r}; engine {engine.name} must have {wanted}"
        elif self.project.region not in {None, *image.accounts}:
            regions = ", ".join(image.accounts)
            yield f"project.region: got {self.project.region!r}; must be one of {regions}"
        if self.model.quantization not in {None, *engine.quantizations}:
            known = ", ".join(sorted(engine.quantizations)) or "left out"
            got = self.model.quantization
            yield f"model.quantization: got {got!r}; for engine {engine.name} must be {known}"
        derived = engine.settings(self.model, gpu_count(type_))
        for flag in self.model.flags:
            if engine.variable(flag) in derived:
                yield f"model.flags.{flag}: must be left out, it follows from the other settings"

    def _source_problems(self, root: Path) -> Iterator[str]:
        hub, artifacts = self.model.hub, self.model.artifacts
        if hub is not None and hub.startswith(_GATED):
            yield (
                f"model.hub: got {hub!r}; must be a public model: download a gated one once, "
                "copy it to a bucket and set model.s3"
            )
        if artifacts is None:
            return
        if not (root / artifacts).is_dir():
            yield f"model.artifacts: got {artifacts!r}; must be a directory in {root}"
        elif not any((root / artifacts).glob(self.engine.weights)):
            wanted = f"{self.engine.weights} file for engine {self.engine.name}"
            yield f"model.artifacts: got {artifacts!r}; must hold a {wanted}"


def _root(info: ValidationInfo) -> Path:
    """Return the project's root directory, against which local paths are checked."""
    root: Path = (info.context or {}).get("root", Path())
    return root
