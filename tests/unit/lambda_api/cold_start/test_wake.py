"""The rules of a wake: what callers are told of it, and when its length counts."""

from __future__ import annotations

import pytest

from lambda_api.cold_start.wake import STALE_SECONDS, Wake

BEGAN = 1_000_000.0


def wake(**fields):
    return Wake(**{"started_at": BEGAN, "probed_at": BEGAN, "from_zero": True, **fields})


@pytest.mark.parametrize(
    ("elapsed", "measured", "said"),
    [
        (0, None, 300),
        (0.4, None, 300),
        (100, None, 200),
        (0, 417.3, 418),
        (400, 417.3, 18),
        (416, 417.3, 5),
        (5000, 417.3, 5),
    ],
)
def test_the_caller_is_told_what_is_left_of_a_start(elapsed, measured, said):
    started = wake(last_start_seconds=measured)

    assert started.retry_after(BEGAN + elapsed, 300) == said


def test_of_a_start_whose_beginning_nobody_saw_nothing_is_told():
    assert wake(from_zero=False).retry_after(BEGAN, 300) is None
    assert Wake().retry_after(BEGAN, 300) is None


@pytest.mark.parametrize(
    ("fields", "took"),
    [
        ({"probed_at": BEGAN + 295}, 300.0),
        ({"probed_at": BEGAN + 241}, 300.0),
        ({"probed_at": BEGAN + 239}, None),
        ({"probed_at": BEGAN + 295, "from_zero": False}, None),
        ({"probed_at": BEGAN + 295, "ended_at": BEGAN - 3600}, 300.0),
        ({"probed_at": BEGAN + 295, "ended_at": BEGAN - 1}, None),
    ],
    ids=["seen", "nearly seen", "came up unseen", "was warm already", "slept before", "an echo"],
)
def test_only_a_whole_start_that_was_seen_is_measured(fields, took):
    assert wake(**fields).start_seconds(BEGAN + 300) == took


def test_a_wake_nobody_looks_after_is_not_running():
    assert wake().is_running(BEGAN + STALE_SECONDS - 1)
    assert not wake().is_running(BEGAN + STALE_SECONDS)
    assert wake(probed_at=BEGAN + 600).is_running(BEGAN + STALE_SECONDS)
    assert not Wake().is_running(BEGAN)


def test_a_place_lapses_when_its_request_cannot_be_held_any_more():
    held = wake(places={"dead": BEGAN + 5, "alive": BEGAN + 50})

    assert held.lapsed(BEGAN + 6) == ["dead"]
