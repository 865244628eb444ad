"""State in a bucket that is not what was written."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from lambda_api.errors import ConflictError, UnreadableObjectError
from lambda_api.storage.stored_state import change_state, state_in
from tests.support.service.memory_store import MemoryStore


class Thing(BaseModel):
    count: int


def test_what_was_written_is_read():
    assert state_in(b'{"count": 2}', Thing, "thing-1") == Thing(count=2)


@pytest.mark.parametrize(
    "body", [b"", b'{"count": 2', b'{"count": "many"}', b"{}", b"[]", b"null", b"\xff\x00"]
)
def test_what_is_damaged_is_named_and_not_shown(body):
    with pytest.raises(UnreadableObjectError) as caught:
        state_in(body, Thing, "thing-1")

    assert caught.value.message == "what is stored of 'thing-1' cannot be read; DELETE removes it"
    assert caught.value.__cause__ is None


def one_more(thing: Thing) -> Thing:
    return Thing(count=thing.count + 1)


def test_a_change_beside_another_keeps_both():
    store = MemoryStore()
    store.put("key", b'{"count": 2}')

    def change(thing: Thing) -> Thing:
        if thing.count == 2:
            store.put("key", b'{"count": 10}')
        return one_more(thing)

    assert change_state(store, "key", Thing, "thing-1", change) == Thing(count=11)
    assert state_in(store.objects["key"].body, Thing, "thing-1") == Thing(count=11)


def test_what_never_stops_changing_is_a_conflict():
    store = MemoryStore()
    store.put("key", b'{"count": 2}')

    def change(thing: Thing) -> Thing:
        store.put("key", b'{"count": 10}')
        return one_more(thing)

    with pytest.raises(ConflictError, match="'thing-1' is being changed by others, try again"):
        change_state(store, "key", Thing, "thing-1", change)
    assert store.objects["key"].body == b'{"count": 10}'


def test_nothing_is_changed_where_there_is_nothing_or_it_is_left():
    store = MemoryStore()
    assert change_state(store, "key", Thing, "thing-1", one_more) is None
    store.put("key", b'{"count": 2}')
    assert change_state(store, "key", Thing, "thing-1", lambda _: None) is None
    assert store.objects["key"].body == b'{"count": 2}'
