"""Speed of an instance at prefill and decoding, which falls under load."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from planner.workload.trace import Arrivals

Request = tuple[float, float, float, int, int]
"""(arrival, seconds of prefill, seconds it adds to a step, KV cache tokens, generated tokens)."""

# The closed-loop measurement in the catalogue: tokens in and out, concurrencies, slots.
TOKENS_IN, TOKENS_OUT = 512, 256
CONCURRENCIES = (1, 8, 16, 32, 64, 128)
SLOTS = 32

# Shares of a GPU's peak that a real engine reaches, from llama-3.1-8b on one A10G: 16.06 GB read in
# 33 ms is 0.8 of 600 GB/s; 512 tokens in about 0.15 s is 0.45 of 125 TFLOPS.
BANDWIDTH_SHARE = 0.8
COMPUTE_SHARE = 0.45


@dataclass(frozen=True, kw_only=True)
class Speed:
    """An instance's engine as continuous batching: prefill stalls decoding, decoding is shared.

    One step makes one token for every sequence and takes
    `step + sum of (sequence + kv_token x tokens so far)` over the sequences.

    Attributes:
        prefill: seconds of GPU per prompt token.
        step: seconds of a step with no sequence: reading the weights.
        sequence: seconds a sequence adds to a step.
        kv_token: seconds a token in the KV cache adds to a step.
        slots: sequences decoded at once.
        kv_tokens: tokens the KV cache holds.
        measured: whether a published measurement stands behind it, or the GPU's data sheet.
    """

    prefill: float
    step: float
    sequence: float
    kv_token: float
    slots: int
    kv_tokens: int
    measured: bool

    def requests(self, arrivals: Arrivals) -> Iterator[Request]:
        """Return the time and memory that each request costs here."""
        weight = self.sequence + self.kv_token * (arrivals.context + arrivals.generated / 2)
        return zip(
            arrivals.times.tolist(),
            (arrivals.context * self.prefill).tolist(),
            weight.tolist(),
            (arrivals.context + arrivals.generated).tolist(),
            arrivals.generated.tolist(),
            strict=True,
        )


def fit(seconds: tuple[float, ...], kv_token: float) -> tuple[float, float, float]:
    """Fit (prefill, step, sequence) to published end-to-end seconds up to the slots.

    With C requests in a closed loop, each waits for the prefill of all C and decodes in a batch of
    C: E2E = C x 512 x prefill + 255 x (step + C x (sequence + kv_token x 640)). That is a line in
    C: its offset is the step; its slope beyond the KV cache's share is prefill, and `sequence` is
    0, because one shape of request cannot tell the two apart.
    """
    points = [(c, s) for c, s in zip(CONCURRENCIES, seconds, strict=True) if c <= SLOTS]
    loads = np.array([(1.0, c) for c, _ in points])
    measured = np.array([s for _, s in points])
    # Relative errors count, as E2E spans a factor of two.
    offset, slope = np.linalg.lstsq(loads / measured[:, None], np.ones(len(points)), rcond=None)[0]
    decode = TOKENS_OUT - 1
    kv_share = decode * kv_token * (TOKENS_IN + TOKENS_OUT / 2)
    prefill = max(slope - kv_share, 0.0) / TOKENS_IN
    return float(prefill), float(offset / decode), 0.0
