"""Text Generation Inference: frozen upstream in 2025, kept for setups that already run it."""

from __future__ import annotations

from stacks.engines.engine import Engine, FlagValue, PrometheusMetrics, ServedModel
from stacks.engines.images import ImageSource


class Tgi(Engine):
    """Every launcher flag is read from the variable of the same name.

    https://huggingface.co/docs/text-generation-inference/reference/launcher
    """

    name = "tgi"
    sources = (ImageSource(table="huggingface-llm"),)
    prefix = ""
    revisions = ("REVISION",)
    quantizations = frozenset({"bitsandbytes", "bitsandbytes-nf4", "eetq", "fp8"})
    # https://huggingface.co/docs/text-generation-inference/reference/metrics
    metrics = PrometheusMetrics({"queued-requests": "tgi_queue_size"})

    def settings(self, model: ServedModel, gpus: int) -> dict[str, FlagValue | None]:
        """Leave room for one new token: TGI wants its input limit below its total."""
        return {
            "HF_MODEL_ID": model.hub or "/opt/ml/model",
            "MESSAGES_API_ENABLED": True,
            "MAX_INPUT_LENGTH": model.context_length - 1,
            "MAX_TOTAL_TOKENS": model.context_length,
            "MAX_BATCH_SIZE": model.max_concurrent_sequences,
            "SM_NUM_GPUS": gpus,
            "HF_MODEL_QUANTIZE": model.quantization,
        }
