"""vLLM in AWS's Large Model Inference (DJL Serving) container."""

from __future__ import annotations

from stacks.engines.engine import Engine, FlagValue, ServedModel
from stacks.engines.images import ImageSource


class Lmi(Engine):
    """`OPTION_FOO_BAR=v` becomes the serving property `option.foo_bar=v`.

    https://docs.djl.ai/master/docs/serving/serving/docs/lmi/deployment_guide/configurations.html
    """

    name = "lmi"
    sources = (
        ImageSource(table="djl-lmi"),
        ImageSource(table="djl-lmi", release=("0.36.0", "0.36.0-lmi24.0.0-cu129")),
    )
    prefix = "OPTION_"
    revisions = ("OPTION_REVISION",)
    checks_context = True
    quantizations = frozenset({"fp8", "bitsandbytes"})
    too_old = frozenset({"g4dn"})

    def settings(self, model: ServedModel, gpus: int) -> dict[str, FlagValue | None]:
        """Fail fast: LMI would otherwise answer /ping while its model never loads."""
        return {
            "HF_MODEL_ID": model.hub,
            "SERVING_FAIL_FAST": True,
            "OPTION_MAX_MODEL_LEN": model.context_length,
            "OPTION_MAX_ROLLING_BATCH_SIZE": model.max_concurrent_sequences,
            "OPTION_TENSOR_PARALLEL_DEGREE": gpus,
            "OPTION_QUANTIZE": model.quantization,
        }
