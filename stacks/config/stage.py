"""One deployment stage: every section together, and what one section demands of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, ValidationInfo, model_validator

from stacks.config.api import ApiConfig
from stacks.config.asynchronous import AsyncConfig
from stacks.config.batch import BatchConfig
from stacks.config.cold_start import ColdStartConfig
from stacks.config.host import HostConfig
from stacks.config.model import ModelConfig
from stacks.config.project import ProjectConfig
from stacks.config.realtime import MAX_IN_FLIGHT, PrefixRoutingConfig, RealtimeConfig
from stacks.config.section import Section
from stacks.engines import ENGINES, Engine
from stacks.engines.artifacts import artifacts_problems
from stacks.engines.engine import ENGINE_METRICS
from stacks.engines.flags import losses
from stacks.engines.images import Image, Processor
from stacks.engines.instances import family, processor

# Accepting their licence takes a token: https://huggingface.co/docs/hub/models-gated
_GATED = ("meta-llama/", "google/gemma-")

# SageMaker's endpoints and CloudFormation's stacks take letters, digits and dashes; with the
# project's name these have room in SageMaker's 63 characters.
StageName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{0,22}[A-Za-z0-9])?$")
]

# SageMaker's limit of 63, less a batch's 32 digits, 4 of a try, and two dashes.
_MAX_BATCH_PREFIX = 25


class StageConfig(Section):
    """A stage, as config/<stage>.toml describes it.

    Attributes:
        stage: name of the file, part of every stack's and endpoint's name.
        project: the deployment's name, place and tags.
        model: the model that is served, and its engine.
        realtime: the real-time endpoint.
        asynchronous: an endpoint with a queue, [async] in the file; left out, there is none.
        batch: jobs over files; left out, there are none.
        api: the HTTPS API in front of the endpoints.
    """

    stage: StageName
    project: ProjectConfig
    model: ModelConfig
    realtime: RealtimeConfig
    asynchronous: AsyncConfig | None = Field(None, alias="async")
    batch: BatchConfig | None = None
    api: ApiConfig = ApiConfig()

    @property
    def engine(self) -> Engine:
        """The adapter of the engine that serves the model."""
        return ENGINES[self.model.engine]

    @property
    def scales_on_engine_metrics(self) -> bool:
        """True if scaling follows a metric that only the engine reports."""
        return self.realtime.autoscaling.metric in ENGINE_METRICS

    @property
    def endpoint_name(self) -> str:
        """Name of the SageMaker endpoint."""
        return f"{self.project.name}-{self.stage}"

    @property
    def cold_start(self) -> ColdStartConfig | None:
        """The answer while no instance can serve; with scale_to_zero there is always one."""
        to_zero = self.realtime.autoscaling.scale_to_zero
        return self.api.cold_start or (ColdStartConfig() if to_zero else None)

    @property
    def is_probed(self) -> bool:
        """True if the model is asked for a token each minute."""
        probe = self.api.probe
        return not self.realtime.autoscaling.scale_to_zero if probe is None else probe

    @property
    def prefix_routing(self) -> PrefixRoutingConfig | None:
        """The prefix routing with all values set; none with another routing."""
        if self.realtime.routing != "prefix-aware":
            return None
        given = self.realtime.prefix_routing or PrefixRoutingConfig()
        most = min(self.model.max_concurrent_sequences, MAX_IN_FLIGHT)
        return given.model_copy(update={"max_in_flight": given.max_in_flight or most})

    def stack_name(self, stack: str) -> str:
        """Name of one of the stage's CloudFormation stacks: serving, async, batch or api."""
        return f"{self.endpoint_name}-{stack}"

    @model_validator(mode="after")
    def _sections_fit(self, info: ValidationInfo) -> Self:
        problems = [
            *self._engine_problems(),
            *self._source_problems(_root(info)),
            *self._batch_problems(),
            *self._load_problems(),
            *self._metric_problems(),
        ]
        if problems:
            raise ValueError("\n".join(dict.fromkeys(problems)))
        return self

    def _engine_problems(self) -> Iterator[str]:
        yield from self._hosts_problems("realtime", self.realtime)
        if self.asynchronous is not None:
            yield from self._hosts_problems("async", self.asynchronous)
        if self.batch is not None:
            image = self.engine.batch_image
            yield from self._host_problems("batch.instance_type", self.batch.instance_type, image)
        if self.model.quantization not in {None, *self.engine.quantizations}:
            known = ", ".join(sorted(self.engine.quantizations)) or "left out"
            got = self.model.quantization
            yield f"model.quantization: got {got!r}; for engine {self.engine.name} must be {known}"
        derived = self.engine.settings(self.model, gpus=0)
        for loss in losses(self.engine, self.model.flags, derived):
            yield f"model.flags.{loss}"

    def _hosts_problems(self, section: str, hosts: HostConfig) -> Iterator[str]:
        """Say what keeps the engine from running on any of the types of an endpoint."""
        preferred, *fallbacks = hosts.instance_types
        yield from self._host_problems(f"{section}.instance_type", preferred, self.engine.image)
        for place, type_ in enumerate(fallbacks):
            key = f"{section}.fallback_instance_types.{place}"
            yield from self._host_problems(key, type_, self.engine.image)

    def _host_problems(
        self, key: str, type_: str, image_for: Callable[[Processor], Image | None]
    ) -> Iterator[str]:
        """Say what keeps the engine from running on an instance type."""
        engine, image = self.engine, image_for(processor(type_))
        if image is None:
            wanted = "a CPU" if image_for("cpu") else "a GPU"
            yield f"{key}: got {type_!r}; engine {engine.name} must have {wanted}"
        elif family(type_) in engine.too_old:
            yield f"{key}: got {type_!r}; engine {engine.name} must have a newer GPU"
        elif self.project.region not in {None, *image.accounts}:
            regions = ", ".join(image.accounts)
            yield f"project.region: got {self.project.region!r}; must be one of {regions}"

    def _source_problems(self, root: Path) -> Iterator[str]:
        hub, artifacts = self.model.hub, self.model.artifacts
        if hub is not None and hub.startswith(_GATED):
            yield (
                f"model.hub: got {hub!r}; must be a public model: download a gated one once, "
                "copy it to a bucket and set model.s3"
            )
        if hub is not None and ":" in hub and self.engine.weights != "*.gguf":
            yield (
                f"model.hub: got {hub!r}; must have no ':' for engine {self.engine.name}: it names "
                "one of several GGUF files"
            )
        if artifacts is None:
            return
        if not (root / artifacts).is_dir():
            yield f"model.artifacts: got {artifacts!r}; must be a directory in {root}"
        elif not any((root / artifacts).glob(self.engine.weights)):
            wanted = f"{self.engine.weights} file for engine {self.engine.name}"
            yield f"model.artifacts: got {artifacts!r}; must hold a {wanted}"
        else:
            for problem in artifacts_problems(root / artifacts, self.engine, self.model):
                yield f"model.{problem}"

    def _batch_problems(self) -> Iterator[str]:
        """Batch transform reads a tar.gz, and refuses the prefix that an endpoint reads."""
        if self.batch is None:
            return
        if len(self.endpoint_name) > _MAX_BATCH_PREFIX:
            yield (
                f"project.name: got {self.project.name!r}; must be at most {_MAX_BATCH_PREFIX} "
                f"characters with -{self.stage} for [batch]: the names of its jobs begin with them"
            )
        archive = self.batch.model_archive
        if self.model.s3 is not None and archive is None:
            yield (
                "batch.model_archive: missing; must be the s3:// address of a .tar.gz with what is "
                f"below model.s3 ({self.model.s3}): batch transform takes no uncompressed weights"
            )
        if self.model.s3 is None and archive is not None:
            yield f"batch.model_archive: got {archive!r}; must be left out without model.s3"

    def _metric_problems(self) -> Iterator[str]:
        """Say why scaling cannot follow a metric of the engine's."""
        scaling, engine = self.realtime.autoscaling, self.engine
        if self.scales_on_engine_metrics and scaling.metric not in engine.metrics.names:
            known = ", ".join(["concurrency", "invocations", *engine.metrics.names])
            yield (
                f"realtime.autoscaling.metric: got {scaling.metric!r}; for engine {engine.name} "
                f"must be one of {known}"
            )
        if scaling.metric == "queued-requests" and scaling.scale_to_zero:
            yield (
                "realtime.autoscaling.metric: got 'queued-requests'; must be another one with "
                "scale_to_zero: a queue is empty as soon as the capacity is enough, and not only "
                "when there is nothing to do"
            )

    def _load_problems(self) -> Iterator[str]:
        """Say which load can neither be waited for nor be scaled by."""
        if self.api.cold_start and self.api.cold_start.mode == "queue" and not self.asynchronous:
            yield (
                "api.cold_start.mode: got 'queue'; must be 'reject' or 'hold' without [async], "
                "whose queue it is"
            )
        scaling, streams = self.realtime.autoscaling, self.api.reserved_concurrency
        if self.api.probe and scaling.scale_to_zero:
            yield (
                "api.probe: got true; must be left out or false with scale_to_zero: a request each "
                "minute would never let the endpoint go to zero"
            )
        if scaling.metric != "concurrency" or streams is None:
            return
        fewest = max(1, scaling.min_instances)
        if fewest < scaling.max_instances and scaling.target * fewest >= streams:
            yield (
                f"realtime.autoscaling.target: got {scaling.target:g}; must be below "
                f"{streams / fewest:g}, all that api.reserved_concurrency ({streams}) lets through "
                f"to each of {fewest} instances, or there are never more of them"
            )


def _root(info: ValidationInfo) -> Path:
    """Return the project's root directory, against which local paths are checked."""
    root: Path = (info.context or {}).get("root", Path())
    return root
