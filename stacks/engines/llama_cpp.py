"""llama.cpp in AWS's llama.cpp container, on CPU or GPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from stacks.engines.engine import Adapter, Engine, FlagValue, PrometheusMetrics, ServedModel
from stacks.engines.images import ImageSource

_HTTP_THREADS: Final = 256
"""Requests that an instance may hold and still answer SageMaker's health check.

A request keeps one of llama-server's threads until its answer ends, one that waits for a slot too,
and the check waits behind it. By default there are a few more threads than slots: a burst of 31
requests kept the check for 19 s, and a container that misses checks is restarted with all that it
holds. https://github.com/ggml-org/llama.cpp/pull/20799
"""


class LlamaCpp(Engine):
    """`SM_LLAMA_CPP_FOO_BAR=v` becomes `--foo-bar v`; the first *.gguf of the model is served.

    https://github.com/aws/deep-learning-containers/blob/master/scripts/docker/llama_cpp/sagemaker_entrypoint.sh
    """

    name = "llama-cpp"
    sources = (
        ImageSource(table="llama-cpp", processor="cpu"),
        # CUDA 13.0.2, from .github/config/image/llama_cpp/sagemaker-gpu-amzn2023.yml in
        # https://github.com/aws/deep-learning-containers
        ImageSource(table="llama-cpp", cuda="cu130"),
    )
    prefix = "SM_LLAMA_CPP_"
    chat_template = "SM_LLAMA_CPP_CHAT_TEMPLATE"
    reads_lines = True
    serves_adapters = True
    weights = "*.gguf"
    # https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md#get-metrics-prometheus-compatible-metrics-exporter
    metrics = PrometheusMetrics({"queued-requests": "llamacpp:requests_deferred"}, flag="metrics")

    def settings(
        self,
        model: ServedModel,
        gpus: int,  # noqa: ARG002 - llama.cpp uses every GPU it finds
    ) -> dict[str, FlagValue | None]:
        """Give every slot the whole context: llama.cpp divides --ctx-size by --parallel."""
        return {
            "SM_LLAMA_CPP_HF_REPO": model.hub,
            "SM_LLAMA_CPP_ALIAS": model.id,
            "SM_LLAMA_CPP_CTX_SIZE": model.context_length * model.max_concurrent_sequences,
            "SM_LLAMA_CPP_PARALLEL": model.max_concurrent_sequences,
            "SM_LLAMA_CPP_THREADS_HTTP": _HTTP_THREADS,
        }

    def adapter_settings(self, adapters: Sequence[Adapter]) -> dict[str, FlagValue]:
        """Load each at scale 0, and keep no prompts of one for requests to another.

        docs/decisions/0187-an-adapter-is-chosen-by-the-models-name.md
        """
        return {
            "SM_LLAMA_CPP_LORA_SCALED": ",".join(f"{adapter.path}:0" for adapter in adapters),
            "SM_LLAMA_CPP_CACHE_RAM": 0,
        }

    def selectors(self, base: str, adapters: Sequence[str]) -> dict[str, dict[str, object]]:
        """Count the adapters in the order in which they are loaded; the base says that it has none.

        A request that says nothing goes on with what the slot computed for the last adapter.
        """
        return {base: _scaled(0, 0)} | {name: _scaled(n, 1) for n, name in enumerate(adapters)}


def _scaled(adapter: int, scale: int) -> dict[str, object]:
    return {"lora": [{"id": adapter, "scale": scale}]}
