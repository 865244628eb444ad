from __future__ import annotations

import pytest

from lambda_api.errors import ConflictError, NotFoundError
from lambda_api.retrieval.store_names import PREFIX
from lambda_api.storage.object_ids import new_id
from lambda_api.vector_stores.registry import StoreRegistry
from lambda_api.vector_stores.schemas import ExpiresAfter, StoreState
from tests.support.service.memory_store import MemoryStore

DAY = 86_400
STORE = new_id(PREFIX, 1.0)


@pytest.fixture
def now():
    return [1000.0]


@pytest.fixture
def registry(now):
    return StoreRegistry(MemoryStore(), lambda: now[0])


def state(days=None, store=STORE):
    expiry = ExpiresAfter(anchor="last_modified_at", days=days) if days else None
    return StoreState(id=store, created_at=1000, modified_at=1000, name="n", expires_after=expiry)


def renamed(name):
    return lambda state: state.model_copy(update={"name": name})


def test_a_store_is_its_owners(registry):
    registry.keep("ann", state())
    assert registry.get("ann", STORE) == state()
    for owner, store in (("bob", STORE), ("ann", "vs_other"), ("ann", "../ann")):
        assert registry.find(owner, store) is None
        with pytest.raises(NotFoundError):
            registry.get(owner, store)


def test_a_store_is_gone_after_its_days_without_a_write(registry, now):
    registry.keep("ann", state(days=2))
    now[0] += DAY
    registry.note_write("ann", registry.get("ann", STORE))
    now[0] += 2 * DAY - 1
    assert registry.is_there("ann", STORE)
    now[0] += 1
    assert not registry.is_there("ann", STORE)
    with pytest.raises(NotFoundError):
        registry.change("ann", STORE, renamed("back again"))
    assert list(registry.ids("ann")) == [STORE], "there for whoever deletes"


def test_writes_are_noted_once_an_hour_and_only_where_the_end_depends_on_them(registry, now):
    registry.keep("ann", state())
    now[0] += DAY
    registry.note_write("ann", registry.get("ann", STORE))
    assert registry.get("ann", STORE).modified_at == 1000
    registry.keep("ann", state(days=9))
    now[0] = 1000 + 3600
    registry.note_write("ann", registry.get("ann", STORE))
    assert registry.get("ann", STORE).modified_at == 1000
    now[0] += 1
    registry.note_write("ann", registry.get("ann", STORE))
    assert registry.get("ann", STORE).modified_at == 4601


def test_two_changes_at_once_are_both_kept(registry):
    registry.keep("ann", state())

    def slow(now):
        if now.name == "n":
            registry.change(
                "ann", STORE, lambda one: one.model_copy(update={"metadata": {"a": "b"}})
            )
            registry.change("ann", STORE, renamed("m"))
        return now.model_copy(update={"description": "d"})

    changed = registry.change("ann", STORE, slow)
    assert (changed.name, changed.metadata, changed.description) == ("m", {"a": "b"}, "d")


def test_a_change_among_endless_others_is_a_conflict(registry):
    registry.keep("ann", state())

    def contested(now):
        registry.keep("ann", now)
        return now

    with pytest.raises(ConflictError):
        registry.change("ann", STORE, contested)


def test_ids_are_listed_newest_first_and_nothing_else_is(registry):
    new, old = new_id(PREFIX, 20.0), new_id(PREFIX, 10.0)
    for store in (old, new):
        registry.keep("ann", state(store=store))
    registry.objects.put("stores/ann/other.json", b"{}")
    assert list(registry.ids("ann")) == [new, old]
    assert list(registry.ids("ann", after=new)) == [old]
    assert list(registry.ids("bob")) == []
