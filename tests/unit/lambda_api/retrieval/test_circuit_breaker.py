from __future__ import annotations

from lambda_api.retrieval import circuit_breaker
from lambda_api.retrieval.circuit_breaker import CircuitBreaker, CircuitBreakers


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_three_failures_in_ten_seconds_open_it_for_ten():
    clock = Clock()
    breaker = CircuitBreaker(clock)
    for clock.now in (0.0, 4.0):
        breaker.note(failed=True)
        assert not breaker.is_open
    clock.now = 9.0
    breaker.note(failed=True)
    assert breaker.is_open
    clock.now = 18.9
    assert breaker.is_open
    clock.now = 19.0
    assert not breaker.is_open


def test_slow_failures_and_those_with_a_success_between_leave_it_closed():
    clock = Clock()
    breaker = CircuitBreaker(clock)
    for clock.now in (0.0, 6.0, 12.0):
        breaker.note(failed=True)
    breaker.note(failed=False)
    for clock.now in (13.0, 14.0):
        breaker.note(failed=True)
    assert not breaker.is_open


def test_who_was_not_seen_for_longest_gives_way(monkeypatch):
    monkeypatch.setattr(circuit_breaker, "_MOST_OWNERS", 2)
    breakers = CircuitBreakers()
    first, second = breakers.of("a"), breakers.of("b")
    assert breakers.of("a") is first
    breakers.of("c")
    assert breakers.of("a") is first
    assert breakers.of("b") is not second
