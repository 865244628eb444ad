"""The sections of one deployment stage, and values that follow from several sections."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from stacks.config.alarms import AlarmsConfig
from stacks.config.api import ApiConfig
from stacks.config.budget import BudgetConfig
from stacks.config.ci import CiConfig
from stacks.config.cold_start import ColdStartConfig
from stacks.config.lifecycle.registry import RegistryConfig
from stacks.config.lifecycle.rollout import RolloutConfig
from stacks.config.model import ModelConfig
from stacks.config.monolith import MonolithConfig
from stacks.config.project import ProjectConfig
from stacks.config.retrieval import RetrievalConfig
from stacks.config.section import Section
from stacks.config.serving.asynchronous import AsyncConfig
from stacks.config.serving.batch import BatchConfig
from stacks.config.serving.realtime import MAX_IN_FLIGHT, PrefixRoutingConfig, RealtimeConfig
from stacks.engines import ENGINES, Engine
from stacks.engines.adapters import read_adapters
from stacks.engines.engine import ENGINE_METRICS, Adapter
from stacks.engines.images import Image
from stacks.engines.instances import processor

# SageMaker's endpoints and CloudFormation's stacks take letters, digits and dashes; with the
# project's name these have room in SageMaker's 63 characters.
StageName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{0,22}[A-Za-z0-9])?$")
]

STAGE_TAG: Final = "llm-twin:stage"
"""Tag of every stack, by which a stage's stacks are found when config no longer names them."""

STACKS: Final = (
    "alarms",
    "serving",
    "async",
    "batch",
    "retrieval",
    "api",
    "budget",
    "ci",
    "rollout",
)
"""Every stack that a stage may have, by the last part of its name."""


class StageSections(Section):
    """The sections of a stage, each valid by itself.

    Attributes:
        stage: name of the file, part of every stack's and endpoint's name.
        project: the deployment's name, place and tags.
        model: the model that is served, and its engine.
        registry: the versions of the model; only with model.registry.
        rollout: the way of a version to the traffic; only with model.registry.
        realtime: the real-time endpoint.
        monolith: the model inside the streaming function, in the place of [realtime].
        asynchronous: an endpoint with a queue, [async] in the file; left out, there is none.
        batch: jobs over files; left out, there are none.
        retrieval: documents to answer from; left out, there are none.
        api: the HTTPS API in front of the endpoints; left out, there is none, and callers ask the
            real-time endpoint by SageMaker's own OpenAI path.
        alarms: who is told of faults; left out, nobody: they are seen in CloudWatch.
        budget: what a month may cost; left out, nobody is told.
        ci: roles for a workflow that deploys the stage; left out, there are none.
    """

    stage: StageName
    project: ProjectConfig
    model: ModelConfig
    registry: RegistryConfig | None = None
    rollout: RolloutConfig | None = None
    realtime: RealtimeConfig | None = None
    monolith: MonolithConfig | None = None
    asynchronous: AsyncConfig | None = Field(None, alias="async")
    batch: BatchConfig | None = None
    retrieval: RetrievalConfig | None = None
    api: ApiConfig | None = None
    alarms: AlarmsConfig | None = None
    budget: BudgetConfig | None = None
    ci: CiConfig | None = None

    @property
    def engine(self) -> Engine:
        """The adapter of the engine that serves the model."""
        return ENGINES[self.model.engine]

    @property
    def endpoint(self) -> RealtimeConfig:
        """The real-time endpoint, for whoever knows that the stage is no monolith.

        Raises:
            LookupError: It is one.
        """
        if self.realtime is None:
            raise LookupError(f"stage {self.stage} has [monolith] in the place of an endpoint")
        return self.realtime

    @property
    def scales_to_zero(self) -> bool:
        """True if the real-time endpoint may have no instance."""
        return self.realtime is not None and self.realtime.autoscaling.scale_to_zero

    @property
    def scales_on_engine_metrics(self) -> bool:
        """True if scaling follows a metric that only the engine reports."""
        return self.realtime is not None and self.realtime.autoscaling.metric in ENGINE_METRICS

    @property
    def endpoint_name(self) -> str:
        """Name of the SageMaker endpoint."""
        return f"{self.project.name}-{self.stage}"

    @property
    def cold_start(self) -> ColdStartConfig | None:
        """The API's answer while no instance can serve; with scale_to_zero there is always one."""
        if self.api is None:
            return None
        return self.api.cold_start or (ColdStartConfig() if self.scales_to_zero else None)

    @property
    def is_probed(self) -> bool:
        """True if the model is asked for a token each minute."""
        if self.api is None or self.realtime is None:
            return False
        probe = self.api.probe
        return not self.scales_to_zero if probe is None else probe

    @property
    def prefix_routing(self) -> PrefixRoutingConfig | None:
        """The prefix routing with all values set; none with another routing."""
        if self.realtime is None or self.realtime.routing != "prefix-aware":
            return None
        given = self.realtime.prefix_routing or PrefixRoutingConfig()
        most = min(self.model.max_concurrent_sequences, MAX_IN_FLIGHT)
        return given.model_copy(update={"max_in_flight": given.max_in_flight or most})

    @property
    def model_registry(self) -> RegistryConfig:
        """The registry with all values set."""
        given = self.registry or RegistryConfig()
        return given.model_copy(update={"group": given.group or self.project.name})

    @property
    def model_rollout(self) -> RolloutConfig:
        """The rollout with all values set."""
        return self.rollout or RolloutConfig()

    @property
    def version_parameter(self) -> str:
        """Name of the SSM parameter that says which version the stage serves."""
        return f"/{self.project.name}/{self.stage}/model"

    @property
    def shadow_parameter(self) -> str | None:
        """Name of the SSM parameter that says which version shadows; none where none can."""
        if self.realtime is None or self.realtime.shadow is None:
            return None
        return f"/{self.project.name}/{self.stage}/shadow"

    @property
    def model_stacks(self) -> tuple[str, ...]:
        """Names of the stacks that serve the model, in the order of a rollout."""
        sections = {"serving": True, "async": self.asynchronous, "batch": self.batch}
        return tuple(self.stack_name(name) for name, section in sections.items() if section)

    @property
    def registry_stack(self) -> str:
        """Name of the stack of the registry, which all stages of the project share."""
        return f"{self.project.name}-registry"

    def registry_bucket(self, account: str, region: str) -> str:
        """Name of the bucket of versions, given where the stage is deployed.

        The name follows from config, so that a stage in another account needs no look-up.
        """
        owner = self.model_registry.account or account
        return f"{self.project.name}-models-{owner}-{region}"

    @property
    def images(self) -> tuple[Image, ...]:
        """Container images of the stage's instances, each once."""
        types = [*(self.realtime.instance_types if self.realtime else ())]
        if self.asynchronous is not None:
            types += self.asynchronous.instance_types
        found = [self.engine.image(processor(type_)) for type_ in types]
        if self.batch is not None:
            found.append(self.engine.batch_image(processor(self.batch.instance_type)))
        known = {image.tag: image for image in found if image is not None}
        return tuple(known.values())

    def loaded_adapters(self, root: Path) -> tuple[Adapter, ...]:
        """Adapters that containers load; the project's root directory holds the model's."""
        return read_adapters(root / (self.model.artifacts or ""), self.engine, self.model)

    @property
    def adapter_components(self) -> dict[str, str]:
        """Names of the adapters' inference components, by the name clients know an adapter by."""
        if not (self.scales_to_zero and self.engine.loads_adapters):
            return {}
        names = [adapter.name for adapter in self.model.adapters]
        return {f"{self.model.id}:{name}": f"{self.endpoint_name}-{name}" for name in names}

    @property
    def model_selectors(self) -> dict[str, dict[str, object]]:
        """Fields of the engine's requests that select each model, by the name clients know."""
        base = self.model.id
        names = [f"{base}:{adapter.name}" for adapter in self.model.adapters]
        return self.engine.selectors(base, names)

    @property
    def stack_names(self) -> tuple[str, ...]:
        """Names of the CloudFormation stacks that the sections ask for."""
        sections = {
            "alarms": self.alarms,
            "async": self.asynchronous,
            "batch": self.batch,
            "retrieval": self.retrieval,
            "api": self.api,
            "budget": self.budget,
            "ci": self.ci,
            "rollout": self.model.registry or None,
        }
        absent = {stack for stack, section in sections.items() if section is None}
        return tuple(self.stack_name(stack) for stack in STACKS if stack not in absent)

    def stack_name(self, stack: str) -> str:
        """Name of one of the stage's CloudFormation stacks: one of STACKS."""
        return f"{self.endpoint_name}-{stack}"
