"""llama.cpp in AWS's llama.cpp container, on CPU or GPU."""

from __future__ import annotations

from stacks.engines.engine import Engine, FlagValue, PrometheusMetrics, ServedModel
from stacks.engines.images import ImageSource


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
    reads_lines = True
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
        }
