"""vLLM in AWS's vLLM container."""

from __future__ import annotations

from stacks.engines.engine import Engine, FlagValue, PrometheusMetrics, ServedModel
from stacks.engines.images import ImageSource


class Vllm(Engine):
    """`SM_VLLM_FOO_BAR=v` becomes `--foo-bar v`.

    https://github.com/aws/deep-learning-containers/blob/master/scripts/docker/vllm/sagemaker_args.py
    """

    name = "vllm"
    sources = (
        ImageSource(table="vllm"),
        ImageSource(
            table="vllm", release=("0.19.1", "0.19.1-gpu-py312-cu129-ubuntu22.04-sagemaker")
        ),
    )
    prefix = "SM_VLLM_"
    checks_context = True
    quantizations = frozenset({"fp8", "bitsandbytes"})
    too_old = frozenset({"g4dn"})
    # https://docs.vllm.ai/en/stable/usage/metrics/
    metrics = PrometheusMetrics(
        {
            "queued-requests": "vllm:num_requests_waiting",
            "kv-cache-use": "vllm:kv_cache_usage_perc",
        }
    )

    def settings(self, model: ServedModel, gpus: int) -> dict[str, FlagValue | None]:
        """Name the model: vLLM would call one found in /opt/ml/model by that path."""
        return {
            "SM_VLLM_MODEL": model.hub,
            "SM_VLLM_SERVED_MODEL_NAME": model.id,
            "SM_VLLM_MAX_MODEL_LEN": model.context_length,
            "SM_VLLM_MAX_NUM_SEQS": model.max_concurrent_sequences,
            "SM_VLLM_TENSOR_PARALLEL_SIZE": gpus,
            "SM_VLLM_QUANTIZATION": model.quantization,
        }
