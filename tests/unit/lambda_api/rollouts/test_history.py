"""Records of rollouts, of which conditional writes make one the current one."""

from __future__ import annotations

from lambda_api.rollouts.history import History
from lambda_api.rollouts.schemas import Rollout
from tests.support.service.memory_store import MemoryStore
from tests.support.service.rollout_world import served


def rollout(place: int, number: int, **more: object) -> Rollout:
    made = Rollout(
        id=f"rollout-{place}",
        execution=f"e{place}",
        stage="dev",
        trigger="approval",
        target=served(number),
        begun_at=1,
        turned_at=1,
    )
    return made.model_copy(update=more)


def test_an_event_is_a_duplicate_for_another_execution_only() -> None:
    history = History(MemoryStore())
    assert not history.is_duplicate("event", "first")
    assert not history.is_duplicate("event", "first")
    assert history.is_duplicate("event", "second")


def test_a_later_rollout_takes_over_and_the_earlier_one_no_longer_writes_over_it() -> None:
    history = History(MemoryStore())
    earlier, later = rollout(2, 1), rollout(1, 2)
    assert history.begin(earlier)
    assert history.begin(later)
    history.record(earlier.model_copy(update={"outcome": "Superseded"}))
    assert history.current() == later
    assert [each.outcome for each in history.all()] == [None, "Superseded"]


def test_versions_served_before_are_those_kept_and_those_before_them() -> None:
    history = History(MemoryStore())
    history.record(rollout(1, 3, outcome="Kept", previous=served(2)))
    history.record(rollout(2, 4, outcome="RolledBack", previous=served(2)))
    history.record(rollout(3, 2, outcome="Kept", previous=served(1)))
    found = [version.number for version in history.served_before(served(3).package)]
    assert found == [2, 2, 1]
