"""Latency of an instance under a steady stream of requests, in closed form."""

from __future__ import annotations

from dataclasses import dataclass

from planner.hardware.throughput import Speed

OVERHEAD = 0.05
"""Seconds that a request spends in the network, gateway and router."""

_ROUNDS = 200
_FULL = 0.98
_FULLEST = 0.75
"""Share of the places of an instance that are taken on average: the rest is for the unevenness."""


@dataclass(frozen=True)
class Pace:
    """The average request.

    Attributes:
        first_token: seconds to the first token.
        per_token: seconds per further token.
        answer: seconds to the last token.
        in_flight: requests at once on one instance.
    """

    first_token: float
    per_token: float
    answer: float
    in_flight: float


def pace(
    speed: Speed, rate: float, tokens_in: int, tokens_out: int, overhead: float = OVERHEAD
) -> Pace | None:
    """Return the average request at so many requests a second, or None where they pile up.

    By Little's law the requests in flight are rate x seconds of an answer, which depend on them:
    prompts take a share of the time (rate x seconds of a prompt), in which the others decode a
    token a chunk; the rest of it makes a token a step. A prompt waits for those before it, as in
    a queue with one server and fixed times (M/D/1).
    """
    prompt = tokens_in * (1 - speed.cached) * speed.prefill
    busy = rate * prompt
    room = min(speed.slots, speed.kv_tokens / (tokens_in + tokens_out))
    if busy >= _FULL or room < 1:
        return None
    in_flight = 1.0
    for _ in range(_ROUNDS):
        batch = max(1.0, min(in_flight, room))
        step = speed.step_seconds(batch, tokens_in + tokens_out / 2)
        per_token = step / (1 - busy)
        first = overhead + prompt * (1 + busy / (2 * (1 - busy)))
        answer = first + (tokens_out - 1) * per_token
        found = rate * answer
        if found > max(1.0, _FULLEST * room):
            return None
        if abs(found - in_flight) < 1e-6 * found:
            break
        in_flight = found
    return Pace(first, per_token, answer, rate * answer)


def work(speed: Speed, tokens_in: int, tokens_out: int) -> float:
    """Return the seconds of one instance that a request takes in the fullest batch that fits."""
    room = max(1.0, min(speed.slots, speed.kv_tokens // (tokens_in + tokens_out)))
    prompt = tokens_in * (1 - speed.cached) * speed.prefill
    step = speed.step_seconds(room, tokens_in + tokens_out / 2)
    return prompt + (tokens_out - 1) * step / room
