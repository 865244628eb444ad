"""The base of the engine adapters: image, environment and host AMI."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import ClassVar, Literal, Protocol, get_args

from stacks.engines.images import Image, ImageSource, Processor, load_images

FlagValue = bool | int | float | str | list[object] | dict[str, object]

EngineMetric = Literal["queued-requests", "kv-cache-use"]
"""Metric that an engine may report and scaling may follow: `realtime.autoscaling.metric`."""

ENGINE_METRICS: tuple[EngineMetric, ...] = get_args(EngineMetric)

# Driver 580 for CUDA 13, driver 550 for CUDA 12. A mismatch dies without a log line:
# https://github.com/aws/sagemaker-python-sdk/blob/master/sagemaker-serve/src/sagemaker/serve/model_builder_servers.py
# https://github.com/aws/deep-learning-containers, test/test_utils/constants.py
AMI_CUDA_13 = "al2023-ami-sagemaker-inference-gpu-4-1"
AMI_CUDA_12 = "al2-ami-sagemaker-inference-gpu-3-1"
# Batch hosts have driver 470 or 535, neither of which runs CUDA 13:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformResources.html
BATCH_AMI = "al2-ami-sagemaker-batch-gpu-535"


# Blackwell: AWS's SDK and samples leave these on the AMI that SageMaker gives them:
# https://github.com/aws-samples/sagemaker-genai-hosting-examples/tree/main/06-examples/g7-benchmarking
OWN_AMI_FAMILIES = frozenset({"g7", "g7e", "p6-b200", "p6-b300"})
"""GPU families that run CUDA 13 images on SageMaker's default AMI, and no CUDA 12 image."""


@dataclass(frozen=True)
class PrometheusMetrics:
    """The metrics that an engine publishes at `GET /metrics` for SageMaker's collector.

    Attributes:
        names: the engine's names: of the requests that wait, and of the share of the KV cache
            that is in use, 0 to 1. Several engines have not both.
        flag: the engine's flag that switches the page on; none where it always is.
    """

    names: Mapping[EngineMetric, str] = field(default_factory=dict)
    flag: str | None = None


class AdapterSource(Protocol):
    """The config of an adapter."""

    @property
    def name(self) -> str:
        """Name behind the model's: clients put `<id>:<name>` in `model`."""

    @property
    def path(self) -> str:
        """Directory below the model's."""


@dataclass(frozen=True)
class Adapter:
    """A LoRA adapter as a container finds it.

    Attributes:
        name: the one that clients put in `model`.
        path: in the container: a PEFT adapter's directory, or a GGUF file.
        rank: the largest of its matrices.
    """

    name: str
    path: PurePosixPath
    rank: int


class ServedModel(Protocol):
    """The part of a model's config that an engine needs."""

    @property
    def id(self) -> str:
        """Name clients put in `model`."""

    @property
    def hub(self) -> str | None:
        """Hugging Face hub id, when the engine downloads the weights itself."""

    @property
    def chat_template(self) -> str | None:
        """Prompt format in Jinja, on one line; none for the tokenizer's own."""

    @property
    def revision(self) -> str | None:
        """Commit of the hub's repository; none for the newest."""

    @property
    def context_length(self) -> int:
        """Most tokens of prompt and answer together."""

    @property
    def max_concurrent_sequences(self) -> int:
        """Most requests decoded at once by one instance."""

    @property
    def quantization(self) -> str | None:
        """Format that the engine quantizes the weights to while loading."""

    @property
    def flags(self) -> Mapping[str, FlagValue]:
        """The engine's own flags."""

    @property
    def adapters(self) -> Sequence[AdapterSource]:
        """LoRA adapters that requests select."""


class Engine(ABC):
    """A serving engine and the container that carries it.

    Attributes:
        name: its name in config.
        sources: places of its images in AWS's tables: the newest, then older ones for batch hosts.
        prefix: text before a flag's name in the container's environment.
        weights: file pattern a local artifact directory must contain.
        quantizations: formats that the engine can quantize to while loading; a model stored
            quantized needs none.
        revisions: variables that carry a hub model's commit; none where the engine takes none.
        chat_template: variable that carries a template; none where the engine takes no text.
        checks_context: whether the engine refuses a context longer than the model's own:
            https://docs.vllm.ai/en/stable/configuration/engine_args/#-max-model-len
        reads_lines: whether the container reads its environment line by line (`env | grep`).
        too_old: GPU families the engine's kernels no longer support.
        metrics: the engine's own metrics that scaling may follow.
        serves_adapters: whether requests may select LoRA adapters.
        loads_adapters: whether its container loads one while it runs, as adapter components ask.
        most_rank: highest rank of an adapter; none without a limit.
    """

    name: ClassVar[str]
    sources: ClassVar[tuple[ImageSource, ...]]
    prefix: ClassVar[str]
    weights: ClassVar[Literal["*.gguf", "*.safetensors"]] = "*.safetensors"
    quantizations: ClassVar[frozenset[str]] = frozenset()
    revisions: ClassVar[tuple[str, ...]] = ()
    chat_template: ClassVar[str | None] = None
    checks_context: ClassVar[bool] = False
    reads_lines: ClassVar[bool] = False
    too_old: ClassVar[frozenset[str]] = frozenset()
    metrics: ClassVar[PrometheusMetrics] = PrometheusMetrics()
    serves_adapters: ClassVar[bool] = False
    loads_adapters: ClassVar[bool] = False
    most_rank: ClassVar[int | None] = None

    @abstractmethod
    def settings(self, model: ServedModel, gpus: int) -> dict[str, FlagValue | None]:
        """Return the flags that follow from config; a flag that is None is left out.

        Args:
            model: what is served.
            gpus: GPUs of one instance; 0 on a CPU instance.
        """

    def adapter_settings(self, adapters: Sequence[Adapter]) -> dict[str, FlagValue]:  # noqa: ARG002
        """Return the flags of a container that loads one adapter or more, without applying any."""
        return {}

    def selectors(self, base: str, adapters: Sequence[str]) -> dict[str, dict[str, object]]:
        """Return the fields by which a request to the engine selects each model, by its name.

        Args:
            base: name of the model that the adapters are for.
            adapters: names of the adapters, in the order of config.
        """
        return {base: {}} | {name: {"model": name} for name in adapters}

    def environment(
        self,
        model: ServedModel,
        gpus: int,
        *,
        adapters: Sequence[Adapter] = (),
        with_metrics: bool = False,
    ) -> dict[str, str]:
        """Return the container's environment: what follows from config, then the user's flags.

        Args:
            model: what is served.
            gpus: GPUs of one instance; 0 on a CPU instance.
            adapters: what the container loads beside the model.
            with_metrics: whether something reads the engine's metrics.
        """
        settings = self.settings(model, gpus) | dict.fromkeys(self.revisions, model.revision)
        if self.chat_template is not None:
            settings[self.chat_template] = model.chat_template
        derived = {k: v for k, v in settings.items() if v is not None}
        if adapters:
            derived |= self.adapter_settings(adapters)
        flags = dict(model.flags)
        if with_metrics and self.metrics.flag is not None:
            flags[self.metrics.flag] = True
        variables = derived | {self.variable(flag): value for flag, value in flags.items()}
        return {name: text(value) for name, value in sorted(variables.items())}

    def variable(self, flag: str) -> str:
        """Return the environment variable that carries a flag."""
        return self.prefix + flag.replace("-", "_").upper()

    def image(self, processor: Processor) -> Image | None:
        """Return the image for a processor, or none if the engine does not run on it."""
        return load_images().find(self.name, processor)

    def batch_image(self, processor: Processor) -> Image | None:
        """Return the newest image that the drivers of batch hosts run, if there is one."""
        return load_images().find(self.name, processor, cuda="cu12")

    def batch_ami(self, image: Image) -> str | None:
        """Return the AMI of a batch host for an image, or none for a CPU host."""
        return BATCH_AMI if image.cuda is not None else None

    def ami(self, image: Image, families: Collection[str]) -> str | None:
        """Return the host AMI whose driver fits the image, or none for SageMaker's default.

        Args:
            image: what runs.
            families: of the instances, which share the AMI, e.g. ["g6e"].
        """
        if image.cuda is None or OWN_AMI_FAMILIES & {*families}:
            return None
        return AMI_CUDA_13 if image.cuda.startswith("cu13") else AMI_CUDA_12


def text(value: FlagValue) -> str:
    """Spell a flag's value the way the containers parse it: JSON, but strings bare.

    Raises:
        TypeError, ValueError: JSON has no such value, as no date and no infinity.
    """
    return value if isinstance(value, str) else json.dumps(value, allow_nan=False)
