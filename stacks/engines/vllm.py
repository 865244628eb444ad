"""vLLM in AWS's vLLM container."""

from __future__ import annotations

from collections.abc import Sequence

from stacks.engines.engine import Adapter, Engine, FlagValue, PrometheusMetrics, ServedModel
from stacks.engines.images import ImageSource

# https://docs.vllm.ai/en/stable/api/vllm/config/lora/
_MAX_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)


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
    chat_template = "SM_VLLM_CHAT_TEMPLATE"
    revisions = ("SM_VLLM_REVISION", "SM_VLLM_TOKENIZER_REVISION")
    checks_context = True
    quantizations = frozenset({"fp8", "bitsandbytes"})
    too_old = frozenset({"g4dn"})
    serves_adapters = loads_adapters = True
    most_rank = _MAX_RANKS[-1]
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

    def adapter_settings(self, adapters: Sequence[Adapter]) -> dict[str, FlagValue]:
        """Open the routes by which SageMaker brings adapters and takes them away.

        https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/serve/lora/api_router.py
        """
        rank = max(adapter.rank for adapter in adapters)
        return {
            "SM_VLLM_ENABLE_LORA": True,
            "SM_VLLM_MAX_LORA_RANK": next(most for most in _MAX_RANKS if most >= rank),
            "VLLM_ALLOW_RUNTIME_LORA_UPDATING": True,
        }
