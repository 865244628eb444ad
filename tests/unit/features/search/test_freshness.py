from __future__ import annotations

from threading import Event

import pytest

from features.search.freshness import Refreshed


class Loader:
    def __init__(self):
        self.go, self.done, self.calls = Event(), Event(), []
        self.go.set()
        self.error = None

    def __call__(self, before):
        assert self.go.wait(10)
        self.calls.append(before)
        self.done.set()
        if self.error:
            raise self.error
        return len(self.calls)


@pytest.fixture
def loader():
    return Loader()


@pytest.fixture
def failures():
    return []


@pytest.fixture
def refreshed(loader, failures):
    now = [0.0]
    value = Refreshed(loader, failures.append, 5, lambda: now[0])
    value.now = now
    return value


def test_the_first_value_is_waited_for_and_kept(refreshed, loader):
    assert [refreshed.get(), refreshed.get()] == [1, 1]
    assert loader.calls == [None]


def test_a_refresh_is_beside_the_reader(refreshed, loader):
    refreshed.get()
    loader.go.clear()
    refreshed.now[0] = 5

    assert [refreshed.get(), refreshed.get()] == [1, 1]

    loader.go.set()
    refreshed._thread.join(10)
    assert refreshed.get() == 2
    assert loader.calls == [None, 1]


def test_waiting_is_for_the_newest_value(refreshed, loader):
    refreshed.get()
    refreshed.wait()
    assert loader.calls == [None]
    refreshed.now[0] = 5
    refreshed.wait()
    assert refreshed.get() == 2


def test_a_refresh_that_fails_leaves_the_last_value(refreshed, loader, failures):
    refreshed.get()
    refreshed.now[0] = 5
    loader.error = OSError("away")
    refreshed.wait()
    assert refreshed.get() == 1
    assert failures == [loader.error]


def test_a_first_value_that_cannot_be_had_is_an_error_each_time(refreshed, loader):
    loader.error = OSError("away")
    for _ in range(2):
        with pytest.raises(OSError, match="away"):
            refreshed.get()
    loader.error = None
    assert refreshed.get() == 3
