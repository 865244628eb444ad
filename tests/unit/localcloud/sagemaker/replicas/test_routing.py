from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

from localcloud.sagemaker.replicas.routing import PrefixAware, Prompt


def replica(name: str) -> Any:
    return SimpleNamespace(in_flight=0, log=SimpleNamespace(name=name))


def owners(replicas: list[Any], prompts: int = 200) -> list[str]:
    """Which of the replicas each of so many prompts belongs to."""
    routing = PrefixAware(length=1024, threshold=1000)
    return [routing.choose(replicas, Prompt(str(n).encode())).log.name for n in range(prompts)]


def test_prefixes_spread_and_few_move_when_a_replica_comes() -> None:
    replicas = [replica(name) for name in "abc"]
    before, after = owners(replicas), owners([*replicas, replica("d")])
    assert all(40 < count < 100 for count in Counter(before).values())
    moved = [new for old, new in zip(before, after, strict=True) if old != new]
    assert set(moved) == {"d"}
    assert 25 < len(moved) < 80


def test_only_the_prefix_and_its_id_decide() -> None:
    replicas = [replica(name) for name in "abcdefgh"]
    routing = PrefixAware(length=4, threshold=1000)

    def owner(body: bytes, prefix_id: str = "") -> Any:
        return routing.choose(replicas, Prompt(body, prefix_id))

    assert owner(b"same1") is owner(b"same2")
    assert len({id(owner(b"same", f"id-{n}")) for n in range(20)}) > 1
