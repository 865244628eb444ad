from __future__ import annotations

from localcloud.awsjson.rate_limit import RateLimit


def test_permits_of_a_second_come_back_as_time_passes() -> None:
    now = 0.0
    limit = RateLimit(2, clock=lambda: now)
    assert [limit.take() for _ in range(3)] == [True, True, False]
    now = 0.5
    assert [limit.take() for _ in range(2)] == [True, False]
    now = 100
    assert [limit.take() for _ in range(3)] == [True, True, False]


def test_slow_rate_has_one_permit_at_a_time() -> None:
    now = 0.0
    limit = RateLimit(0.5, clock=lambda: now)
    assert [limit.take(), limit.take()] == [True, False]
    now = 2.0
    assert limit.take()


def test_rate_of_zero_limits_nothing() -> None:
    limit = RateLimit(0)
    assert all(limit.take() for _ in range(1000))


def test_several_permits_are_taken_together_or_not_at_all() -> None:
    limit = RateLimit(5, clock=lambda: 0.0)
    assert [limit.take(3), limit.take(3), limit.take(2)] == [True, False, True]
