"""The base of the engine adapters: image, environment and host AMI."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol, get_args

from stacks.engines.images import Image, ImageSource, Processor, load_images

FlagValue = bool | int | float | str | list[object] | dict[str, object]

EngineMetric = Literal["queued-requests", "kv-cache-use"]
"""Metric that an engine may report and scaling may follow: `realtime.autoscaling.metric`."""

ENGINE_METRICS: tuple[EngineMetric, ...] = get_args(EngineMetric)

# Driver 580 for CUDA 13, driver 550 for CUDA 12.9 on A10G. A mismatch dies without a log line:
# https://github.com/aws/sagemaker-python-sdk/blob/master/sagemaker-serve/src/sagemaker/serve/model_builder_servers.py
AMI_CUDA_13 = "al2023-ami-sagemaker-inference-gpu-4-1"
AMI_CUDA_12 = "al2-ami-sagemaker-inference-gpu-3-1"
# Batch hosts have driver 470 or 535, neither of which runs CUDA 13:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformResources.html
BATCH_AMI = "al2-ami-sagemaker-batch-gpu-535"


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


class ServedModel(Protocol):
    """The part of a model's config that an engine needs."""

    @property
    def id(self) -> str:
        """Name clients put in `model`."""

    @property
    def hub(self) -> str | None:
        """Hugging Face hub id, when the engine downloads the weights itself."""

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


class Engine(ABC):
    """A serving engine and the container that carries it.

    Attributes:
        name: its name in config.
        sources: places of its images in AWS's tables: the newest, then older ones for batch hosts.
        prefix: text before a flag's name in the container's environment.
        weights: file pattern a local artifact directory must contain.
        quantizations: formats that the engine can quantize to while loading; a model stored
            quantized needs none.
        checks_context: whether the engine refuses a context longer than the model's own:
            https://docs.vllm.ai/en/stable/configuration/engine_args/#-max-model-len
        reads_lines: whether the container reads its environment line by line (`env | grep`).
        too_old: GPU families the engine's kernels no longer support.
        metrics: the engine's own metrics that scaling may follow.
    """

    name: ClassVar[str]
    sources: ClassVar[tuple[ImageSource, ...]]
    prefix: ClassVar[str]
    weights: ClassVar[Literal["*.gguf", "*.safetensors"]] = "*.safetensors"
    quantizations: ClassVar[frozenset[str]] = frozenset()
    checks_context: ClassVar[bool] = False
    reads_lines: ClassVar[bool] = False
    too_old: ClassVar[frozenset[str]] = frozenset()
    metrics: ClassVar[PrometheusMetrics] = PrometheusMetrics()

    @abstractmethod
    def settings(self, model: ServedModel, gpus: int) -> dict[str, FlagValue | None]:
        """Return the flags that follow from config; a flag that is None is left out.

        Args:
            model: what is served.
            gpus: GPUs of one instance; 0 on a CPU instance.
        """

    def environment(
        self, model: ServedModel, gpus: int, *, with_metrics: bool = False
    ) -> dict[str, str]:
        """Return the container's environment: what follows from config, then the user's flags.

        Args:
            model: what is served.
            gpus: GPUs of one instance; 0 on a CPU instance.
            with_metrics: whether something reads the engine's metrics.
        """
        derived = {k: v for k, v in self.settings(model, gpus).items() if v is not None}
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
        if image.cuda is None:
            return None
        if image.cuda.startswith("cu13"):
            return AMI_CUDA_13
        # The default AMI cannot start CUDA 12.9 on A10G; every other CUDA 12 image runs on it.
        return AMI_CUDA_12 if image.cuda == "cu129" and "g5" in families else None


def text(value: FlagValue) -> str:
    """Spell a flag's value the way the containers parse it: JSON, but strings bare.

    Raises:
        TypeError, ValueError: JSON has no such value, as no date and no infinity.
    """
    return value if isinstance(value, str) else json.dumps(value, allow_nan=False)
