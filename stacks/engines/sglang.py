"""SGLang in AWS's SGLang container."""

from __future__ import annotations

from stacks.engines.engine import Engine, FlagValue, PrometheusMetrics, ServedModel
from stacks.engines.images import ImageSource


class Sglang(Engine):
    """`SM_SGLANG_FOO_BAR=v` becomes `--foo-bar v`.

    https://github.com/aws/deep-learning-containers/tree/master/scripts/docker/sglang
    """

    name = "sglang"
    sources = (
        ImageSource(table="sglang"),
        ImageSource(
            table="sglang", release=("0.5.10", "0.5.10-gpu-py312-cu129-ubuntu24.04-sagemaker")
        ),
    )
    prefix = "SM_SGLANG_"
    revisions = ("SM_SGLANG_REVISION",)
    checks_context = True
    quantizations = frozenset({"fp8"})
    too_old = frozenset({"g4dn"})
    # https://docs.sglang.io/references/production_metrics.html
    metrics = PrometheusMetrics(
        {"queued-requests": "sglang:num_queue_reqs", "kv-cache-use": "sglang:token_usage"},
        flag="enable-metrics",
    )

    def settings(self, model: ServedModel, gpus: int) -> dict[str, FlagValue | None]:
        """Leave the model's path to the container when the weights are in /opt/ml/model."""
        return {
            "SM_SGLANG_MODEL_PATH": model.hub,
            "SM_SGLANG_SERVED_MODEL_NAME": model.id,
            "SM_SGLANG_CONTEXT_LENGTH": model.context_length,
            "SM_SGLANG_MAX_RUNNING_REQUESTS": model.max_concurrent_sequences,
            "SM_SGLANG_TP": gpus,
            "SM_SGLANG_QUANTIZATION": model.quantization,
        }
