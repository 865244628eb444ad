"""The quota of a caller: held to the limit, and never held for ever."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import pytest

from lambda_api.errors import QuotaError, StorageError
from lambda_api.quotas.leases import Limits
from lambda_api.quotas.quota import UNLIMITED, LeasedQuota
from tests.support.service.memory_leases import MemoryLeaseTable

HOUR = 3600


@dataclass
class World:
    table: MemoryLeaseTable = field(default_factory=MemoryLeaseTable)
    now: float = 1_800_000_000.5
    over: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    asked: list[tuple[str, list[str]]] = field(default_factory=list)

    def ended(self, owner, names):
        self.asked.append((owner, list(names)))
        return [name for name in names if name in self.over]

    def clear(self, owner, names):
        return [name for name in names if name not in self.left]

    def quota(self, leases=2, size=None, retry=60):
        return LeasedQuota(
            "open batches",
            Limits(leases, size),
            lambda: self.table,
            "wait",
            self.ended,
            self.clear,
            retry_after_seconds=retry,
            clock=lambda: self.now,
        )

    def hold(self, name, owner="ann", size=0, **limits):
        with self.quota(**limits).taken(owner, name, self.now + HOUR, size):
            pass


@pytest.fixture
def world():
    return World()


def test_a_caller_holds_so_many_and_no_more(world):
    world.hold("a")
    world.hold("b")

    with pytest.raises(QuotaError) as caught:
        world.hold("c")

    assert caught.value.message == "you have 2 open batches, at most 2 are allowed; wait"
    assert caught.value.retry_after_seconds == 60
    assert caught.value.headers == {
        "x-ratelimit-limit-requests": "2",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "60s",
        "x-should-retry": "false",
    }


def test_one_callers_limit_is_no_other_callers(world):
    world.hold("a", leases=1)

    world.hold("b", owner="bob", leases=1)


def test_a_refusal_that_only_the_caller_can_end_is_not_tried_again(world):
    world.hold("a", leases=1, retry=None)

    with pytest.raises(QuotaError) as caught:
        world.hold("b", leases=1, retry=None)

    assert caught.value.headers == {"x-should-retry": "false"}
    assert caught.value.retry_after_seconds == 60


def test_a_refusal_that_passes_soon_is_tried_again_by_clients(world):
    world.hold("a", leases=1, retry=10)

    with pytest.raises(QuotaError) as caught:
        world.hold("b", leases=1, retry=10)

    assert caught.value.headers == {
        "x-ratelimit-limit-requests": "1",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "10s",
    }
    assert caught.value.retry_after_seconds == 10


def test_bytes_are_limited_too(world):
    def hold(name, size):
        with world.quota(9, 100).taken("ann", name, world.now + HOUR, size):
            pass

    hold("a", 60)
    with pytest.raises(QuotaError) as caught:
        hold("b", 41)
    hold("c", 40)

    assert caught.value.message == (
        "your open batches have 60 bytes, 41 more would exceed the 100 that are allowed; wait"
    )


def test_what_is_given_back_makes_room(world):
    world.hold("a", leases=1)
    world.quota(1).give_back("ann", "a")

    world.hold("b", leases=1)


@pytest.mark.parametrize("failure", [StorageError("down"), KeyboardInterrupt()])
def test_what_was_not_made_is_not_held(world, failure):
    with pytest.raises(type(failure)), world.quota(1).taken("ann", "a", world.now + HOUR):
        raise failure

    world.hold("b", leases=1)


def test_a_lease_that_nobody_gave_back_lapses(world):
    world.hold("killed", leases=1)
    world.now += HOUR - 1
    with pytest.raises(QuotaError):
        world.hold("b", leases=1)
    world.now += 1

    world.hold("b", leases=1)


def test_a_lapsed_lease_is_held_while_something_is_left_of_its_thing(world):
    world.hold("killed", leases=1)
    world.now += HOUR
    world.left = {"killed"}
    with pytest.raises(QuotaError):
        world.hold("b", leases=1)
    world.left = set()

    world.hold("b", leases=1)


def test_at_the_limit_what_has_ended_makes_room(world):
    world.hold("a")
    world.hold("b")
    world.now += 100
    world.over = {"a"}

    world.hold("c")

    assert world.asked == [("ann", ["a", "b"])]
    assert world.table.holders["open-batches/ann"].held.keys() == {"b", "c"}


def test_below_the_limit_nobody_is_asked(world):
    world.hold("a")
    world.now += 100
    world.hold("b")

    assert world.asked == []


def test_what_is_being_made_is_not_asked_about(world):
    world.hold("a", leases=1)
    world.now += 30
    world.over = {"a"}

    with pytest.raises(QuotaError):
        world.hold("b", leases=1)

    assert world.asked == [("ann", [])]


def test_refused_callers_do_not_read_storage_again_and_again(world):
    world.hold("a", leases=1)
    world.now += 100
    for _ in range(50):
        with pytest.raises(QuotaError):
            world.hold("b", leases=1)
        world.now += 1

    assert len(world.asked) == 5


def test_a_sweep_looks_at_so_many(world):
    for number in range(150):
        world.now += 1
        world.hold(f"{number:03}", leases=150)
    world.now += 100

    with pytest.raises(QuotaError):
        world.hold("next", leases=150)

    assert world.asked == [("ann", [f"{number:03}" for number in range(100)])]


def test_a_table_that_fails_at_the_end_is_logged_and_lapses(world, monkeypatch, caplog):
    def fail(*_of):
        raise StorageError("down", reason="DynamoDB Throttled")

    monkeypatch.setattr(MemoryLeaseTable, "give_back", fail)
    with caplog.at_level(logging.WARNING):
        world.quota().give_back("ann", "a")

    assert "open batches is left to lapse: DynamoDB Throttled" in caplog.text


def test_a_table_that_fails_at_the_beginning_is_the_callers_503(world, monkeypatch):
    def fail(*_of):
        raise StorageError("down")

    monkeypatch.setattr(MemoryLeaseTable, "take", fail)

    with pytest.raises(StorageError):
        world.hold("a")


def test_without_a_table_nothing_is_counted():
    for number in range(9):
        with UNLIMITED.taken("ann", str(number), 0):
            pass
        UNLIMITED.give_back("ann", str(number))
