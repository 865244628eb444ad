"""Latency at a fixed number of requests in flight, as closed-loop benchmarks measure."""

from __future__ import annotations

from dataclasses import dataclass

from planner.hardware.throughput import Speed


@dataclass(frozen=True)
class Latency:
    """The mean request of a closed loop.

    Attributes:
        first_token: seconds to the first token, waiting for a slot left out.
        per_token: seconds per further token.
        end_to_end: seconds to the last token, waiting for a slot included.
    """

    first_token: float
    per_token: float
    end_to_end: float


def closed_loop(speed: Speed, concurrency: int, context: int, generated: int) -> Latency:
    """Return the mean latency with so many requests of one shape in flight.

    Requests of one shape begin and end together: their prompts are read one after the other, the
    mean request waits for half of them and decodes while the other half is read, a token a chunk.
    What is beyond the slots waits.
    """
    batch = min(concurrency, speed.slots)
    prompt = context * (1 - speed.cached) * speed.prefill
    step = speed.step_seconds(batch, context + generated / 2)
    steps = max(0.0, generated - 1 - shared_steps(speed, batch, context, step))
    served = batch * prompt + steps * step
    first = (batch + 1) / 2 * prompt
    return Latency(
        first_token=first,
        per_token=(served - first) / max(generated - 1, 1),
        end_to_end=served * max(1.0, concurrency / batch),
    )


def shared_steps(speed: Speed, batch: int, context: int, step: float) -> float:
    """Return the tokens that the mean request gets while prompts of others are read."""
    tokens = context * (1 - speed.cached)
    chunks = (batch - 1) / 2 * tokens / speed.step_tokens
    first = (batch - 1) / batch  # the first prompt fills no chunk: its step is one of its own
    return min(chunks + first, (batch - 1) / 2 * tokens * speed.prefill / step)
