"""Flags of vLLM that decide memory, and the defaults it takes by version and GPU."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite

from planner.errors import PlanError
from planner.hardware.catalogue import Gpu
from planner.models.kv_cache import ELEMENT_BYTES

OLDEST, VERSION = (0, 7), (0, 30)
"""The oldest vLLM with a log behind its overhead, and that of stacks/engines/images.json."""

# From so much memory, and not on an A100, vLLM takes larger batches:
# vllm/engine/arg_utils.py, get_batch_defaults.
_LARGE_GIB = 70
_MOST = 1_000_000


@dataclass(frozen=True, kw_only=True)
class EngineFlags:
    """Flags of vLLM; None leaves the default.

    Attributes:
        gpu_memory_utilization: share of the GPU's memory for weights, KV cache and overhead.
        max_num_seqs: most sequences decoded at once.
        max_num_batched_tokens: most tokens of one step.
        max_model_len: most tokens of prompt and answer; None is the model's own.
        kv_cache_dtype: auto, bfloat16, fp8, ...
        version: of vLLM, major and minor.
        enforce_eager: no CUDA graphs.
    """

    gpu_memory_utilization: float = 0.9
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    max_model_len: int | None = None
    kv_cache_dtype: str = "auto"
    version: tuple[int, int] = VERSION
    enforce_eager: bool = False

    def __post_init__(self) -> None:
        share = self.gpu_memory_utilization
        if not (isfinite(share) and 0 < share <= 1):
            raise PlanError(f"gpu memory utilization: got {share}; must be above 0 and at most 1")
        for name, most in (
            ("max_num_seqs", 65_536),
            ("max_num_batched_tokens", _MOST),
            ("max_model_len", 100_000_000),
        ):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= most:
                raise PlanError(f"{name.replace('_', ' ')}: got {value}; must be 1 to {most}")
        if self.kv_cache_dtype not in ELEMENT_BYTES:
            known = ", ".join(ELEMENT_BYTES)
            raise PlanError(f"kv cache dtype: got {self.kv_cache_dtype!r}; must be one of {known}")

    @property
    def element_bytes(self) -> float:
        """Bytes of an element of the KV cache."""
        return ELEMENT_BYTES[self.kv_cache_dtype]

    def of_version(self, version: tuple[int, int]) -> EngineFlags:
        """Return the flags for another version of vLLM."""
        return replace(self, version=version)

    def on(self, gpu: Gpu) -> EngineFlags:
        """Return the flags with vLLM's defaults for a GPU filled in."""
        large = gpu.memory_gib >= _LARGE_GIB and not gpu.name.startswith("A100")
        # The engine before vLLM 0.8, V0, made as many sequences on every GPU.
        sequences = 1024 if large and self.version >= (0, 8) else 256
        return replace(
            self,
            max_num_seqs=self.max_num_seqs or sequences,
            max_num_batched_tokens=self.max_num_batched_tokens or (8192 if large else 2048),
        )


def read_version(text: str) -> tuple[int, int]:
    """Read a version such as 0.11 or 0.11.2.

    Raises:
        PlanError: it is none.
    """
    numbers = text.removeprefix("v").split(".")
    if len(numbers) < 2 or not all(part.isdecimal() and len(part) < 5 for part in numbers[:2]):
        raise PlanError(f"engine version: got {text!r}; must be like 0.30")
    return int(numbers[0]), int(numbers[1])


def known_version(text: str) -> tuple[int, int]:
    """Read a version whose overhead and defaults are known here.

    Raises:
        PlanError: it is none, or nothing is known of it.
    """
    version = read_version(text)
    if not OLDEST <= version <= VERSION:
        least, most = (".".join(map(str, each)) for each in (OLDEST, VERSION))
        raise PlanError(
            f"engine version: got {text!r}, of which neither overhead nor defaults are known; must "
            f"be {least} to {most}"
        )
    return version
