"""Leases as a refusal tells of them."""

from __future__ import annotations

from lambda_api.quotas.leases import Lease, Leases

HELD = {"b": Lease(20, 100), "a": Lease(10, 50), "c": Lease(30, 40)}


def test_a_lease_lapses_at_its_time():
    assert Leases(HELD).lapsed(39) == []
    assert sorted(Leases(HELD).lapsed(50)) == ["a", "c"]


def test_the_oldest_come_first_and_the_newest_not_at_all():
    assert Leases(HELD).oldest(2, before=31) == ["a", "b"]
    assert Leases(HELD).oldest(9, before=30) == ["a", "b"]
    assert Leases(HELD).oldest(9, before=10) == []
