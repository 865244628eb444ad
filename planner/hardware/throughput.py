"""Speed of an instance at prefill and decoding, which falls under load."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.workload.trace import Arrivals

Request = tuple[float, float, float, int, int]
"""(arrival, seconds of prefill, seconds it adds to a step, KV cache tokens, generated tokens)."""

SLOTS = 32
STEP_TOKENS = 2048
"""Prompt tokens that vLLM puts into one step, on GPUs below 70 GiB: max_num_batched_tokens."""


@dataclass(frozen=True, kw_only=True)
class Speed:
    """An instance's engine as continuous batching with chunked prefill.

    One step makes one token for every sequence, and takes
    `base(sequences) + sum of (sequence + kv_token x tokens so far)`. A prompt is read in steps
    of at most `step_tokens`, each of which makes a token for every sequence too; such a step is
    bound by arithmetic, the others by memory.

    Attributes:
        prefill: seconds of GPU per prompt token.
        step: seconds of a step with no sequence: reading the weights, launches, waiting for links.
        together: seconds that a step takes longer as soon as two sequences share it.
        experts: seconds of reading all routed experts.
        active_share: of the routed experts, those that a sequence goes through; 0 to 1.
        sequence: seconds a sequence adds to a step.
        kv_token: seconds a token in the KV cache adds to a step.
        slots: sequences decoded at once.
        kv_tokens: tokens the KV cache holds.
        context: most tokens of one request; None is as many as the cache holds.
        step_tokens: most prompt tokens of one step.
        cached: share of a prompt that the prefix cache already has, 0 to 1.
        measured: whether a measurement stands behind it, or data sheets.
        source: of the speed, in words.
    """

    prefill: float
    step: float
    together: float = 0.0
    experts: float = 0.0
    active_share: float = 1.0
    sequence: float
    kv_token: float
    slots: int
    kv_tokens: int
    context: int | None = None
    step_tokens: int = STEP_TOKENS
    cached: float = 0.0
    measured: bool
    source: str = ""

    @property
    def longest(self) -> int:
        """Most tokens of prompt and answer that the engine accepts."""
        return min(self.kv_tokens, self.context or self.kv_tokens)

    def base(self, sequences: float) -> float:
        """Return the seconds of a step of so many sequences, what each adds by itself left out."""
        shared = self.together * min(1.0, max(0.0, sequences - 1))
        return self.step + shared + self.experts * touched(self.active_share, sequences)

    def step_seconds(self, sequences: float, tokens: float) -> float:
        """Return the seconds of a step of so many sequences of so many tokens each."""
        return self.base(sequences) + sequences * (self.sequence + self.kv_token * tokens)

    def requests(self, arrivals: Arrivals) -> Iterator[Request]:
        """Return the time and memory that each request costs here."""
        weight = self.sequence + self.kv_token * (arrivals.context + arrivals.generated / 2)
        prefill = self.prefill * (1 - self.cached)
        return zip(
            arrivals.times.tolist(),
            (arrivals.context * prefill).tolist(),
            weight.tolist(),
            (arrivals.context + arrivals.generated).tolist(),
            arrivals.generated.tolist(),
            strict=True,
        )


def touched(active_share: float, sequences: float) -> float:
    """Return the share of a layer's experts that a step reads.

    Each sequence is sent to its own, but not all experts are equally popular. Where every way to
    share the popularity out is as likely as another, an expert's follows a beta distribution of
    mean k/E, and after n sequences n / (n + E/k - 1) of them are touched; were all equally popular,
    it would be 1 - (1 - k/E)^n, more. One sequence touches k/E either way.
    """
    if sequences <= 0:
        return 0.0
    return sequences * active_share / (1 + (sequences - 1) * active_share)
