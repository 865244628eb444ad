"""Bills a month of the front door, of an endpoint, and of monoliths, by requests a day.

Makes the table of docs/front-door.md: `python benchmarks/planner/door_bills.py`. Prices are the
planner's, without free tiers, and so are the monoliths' speeds, which are estimates. A caller that
is held for a cold start is a stream too: the last line has its cost.
"""

from __future__ import annotations

from planner.billing.front_door import Passage, front_door
from planner.billing.line import total
from planner.billing.load import MONTH
from planner.hardware.function import MEMORY_MB, FunctionModel, function_model
from planner.models.known import known_model
from planner.prices.price_list import instance_price

_DAYS = 365 / 12
_TOKENS = 300
_DOORS = (256, 512, 1769)
_INSTANCE = "ml.g6e.xlarge"
_MONOLITHS = {"0.6B": "qwen3-0.6b", "1.5B": "qwen2.5-1.5b", "8B": "llama-3.1-8b"}
_HELD_SECONDS = 380.0


def door(requests: float, memory_mb: int) -> dict[str, float]:
    """Return the lines of a month in USD, of streams at 30 tokens a second."""
    passage = Passage(
        requests=requests,
        tokens=requests * _TOKENS,
        tokens_per_second=30.0,
        memory_mb=memory_mb,
        held_seconds=0.3,
    )
    return {line.name: line.usd for line in front_door(passage)}


def monolith(requests: float, model: FunctionModel) -> float:
    """Return a month in USD, with all that the door costs."""
    passage = Passage(
        requests=requests,
        tokens=requests * _TOKENS,
        tokens_per_second=1 / model.per_token,
        memory_mb=MEMORY_MB,
        architecture="x86_64",
    )
    return total(front_door(passage))


def held_caller() -> float:
    """Return the function's USD for one caller that waits through an endpoint's start."""
    passage = Passage(
        requests=1, tokens=0, tokens_per_second=1, memory_mb=512, held_seconds=_HELD_SECONDS
    )
    return {line.name: line.usd for line in front_door(passage)}["Lambda, duration"]


def main() -> None:
    """Print the table."""
    doors = [f"door {memory} MB" for memory in _DOORS]
    names = [*doors, "API Gateway", "data out", f"{_INSTANCE} always on"]
    held = {name: function_model(known_model(of), ["awq"]) for name, of in _MONOLITHS.items()}
    names += [f"monolith {name} {model.format}" for name, model in held.items()]
    print(f"| requests a day | {' | '.join(names)} |")
    print(f"|--:{'|--:' * len(names)}|")
    always_on = instance_price(_INSTANCE).usd * MONTH
    for a_day in (100, 1_000, 10_000, 100_000):
        month = a_day * _DAYS
        bills = [door(month, memory) for memory in _DOORS]
        usd = [bill["Lambda, duration"] + bill["Lambda, requests"] for bill in bills]
        usd += [bills[0]["API Gateway"], bills[0]["data out"], always_on]
        usd += [monolith(month, model) for model in held.values()]
        print(f"| {a_day:,} | {' | '.join(f'{each:,.2f}' for each in usd)} |")
    speeds = (f"{name} {1 / model.per_token:.2g}" for name, model in held.items())
    print(f"\nTokens a second: {', '.join(speeds)}.")
    print(f"A caller held for {_HELD_SECONDS:.0f} s: {held_caller():.4f} USD.")


if __name__ == "__main__":
    main()
