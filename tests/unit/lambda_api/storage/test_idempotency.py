"""One key, one object: however often, at once, and whatever dies on the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier, Event

import pytest

from lambda_api.errors import ConflictError, StorageError
from lambda_api.storage.idempotency import (
    CLAIM_SECONDS,
    KEY_SECONDS,
    Creation,
    IdempotencyKeys,
    digest_of,
)
from tests.support.service.faulty_store import FaultyStore
from tests.support.service.memory_store import MemoryStore

BODY, OTHER_BODY = digest_of(b"body"), digest_of(b"other body")


class Things:
    """Objects by id, created through keys."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.store = FaultyStore(MemoryStore())
        self.made: list[str] = []
        self.found: dict[str, str] = {}
        self.numbers = count()
        self.keys = IdempotencyKeys(self.store, "things/~keys/", lambda: self.now)

    def make(self, thing: str) -> str:
        self.made.append(thing)
        self.found[thing] = f"made {thing}"
        return self.found[thing]

    def post(self, key: str | None = "k", digest: str = BODY, owner: str = "a", make=None) -> str:
        creation = Creation(owner, key, digest)
        new_id = lambda: f"thing-{next(self.numbers)}"  # noqa: E731
        return self.keys.create(creation, new_id, make or self.make, self.found.get)


@pytest.fixture
def things() -> Things:
    return Things()


def test_without_a_key_each_request_makes_an_object_and_nothing_is_remembered(things):
    assert things.post(None) != things.post(None)
    assert things.store.calls == []


def test_the_same_request_gives_the_object_as_it_is_by_now(things):
    things.post()
    things.found[things.made[0]] = "changed"

    assert things.post() == "changed"
    assert len(things.made) == 1


def test_another_caller_or_key_makes_another_object(things):
    assert len({things.post(), things.post(owner="b"), things.post("l")}) == 3


def test_another_body_is_a_conflict_and_makes_nothing(things):
    things.post()

    with pytest.raises(ConflictError, match="another body") as caught:
        things.post(digest=OTHER_BODY)
    assert caught.value.param == "Idempotency-Key"
    assert caught.value.retry_after_seconds is None
    assert len(things.made) == 1


def test_a_key_is_free_again_after_a_day(things):
    first = things.post()
    things.now += KEY_SECONDS - 1
    assert things.post() == first
    things.now += 1

    assert things.post(digest=OTHER_BODY) != first


def test_a_deleted_object_is_not_made_again(things):
    things.post()
    things.found.clear()

    with pytest.raises(ConflictError, match="is gone"):
        things.post()
    assert len(things.made) == 1


def test_a_request_that_failed_may_be_sent_again_with_a_better_body(things):
    def fail(_thing):
        raise StorageError("no")

    with pytest.raises(StorageError):
        things.post(make=fail)

    assert things.post(digest=OTHER_BODY) == f"made {things.made[0]}"


def test_a_first_write_that_was_sent_twice_is_no_conflict(things, monkeypatch):
    def create_twice(key, body):
        things.store.store.create(key, body)
        things.store.store.create(key, body)

    monkeypatch.setattr(things.store, "create", create_twice, raising=False)

    assert things.post() == "made thing-0"


def test_of_two_at_once_one_makes_the_object_and_the_other_is_told_to_ask_again(things):
    is_making, may_end = Event(), Event()

    def make_slowly(thing):
        is_making.set()
        assert may_end.wait(60)
        return things.make(thing)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(things.post, make=make_slowly)
        assert is_making.wait(60)
        with pytest.raises(ConflictError, match="being worked on") as caught:
            things.post()
        may_end.set()
        made = first.result()

    assert caught.value.retry_after_seconds == 1
    assert things.post() == made
    assert len(things.made) == 1


def test_of_many_at_once_exactly_one_makes_the_object(things):
    start = Barrier(8)

    def post():
        start.wait()
        try:
            return things.post()
        except ConflictError:
            return None

    with ThreadPoolExecutor(8) as pool:
        results = {future.result() for future in [pool.submit(post) for _ in range(8)]}

    assert len(things.made) == 1
    assert results - {None} == {f"made {things.made[0]}"}


def test_a_request_that_died_is_taken_over_under_the_same_id(things):
    class Died(BaseException):
        """The process is gone: nothing runs any more."""

    def die(thing):
        things.made.append(thing)
        raise Died

    with pytest.raises(Died):
        things.post(make=die)
    with pytest.raises(ConflictError, match="being worked on"):
        things.post()
    things.now += CLAIM_SECONDS

    things.post()
    assert things.made == ["thing-0", "thing-0"]


@pytest.mark.parametrize("ahead", range(2))
def test_storage_that_fails_once_makes_no_second_object(things, ahead):
    things.store.fail(ahead)
    try:
        things.post()
    except StorageError:
        things.now += CLAIM_SECONDS
    things.now += CLAIM_SECONDS
    things.post()

    assert len(things.found) == 1


def test_a_damaged_record_does_not_block_its_key(things):
    things.post()
    (key,) = things.store.store.objects
    things.store.put(key, b"{")

    things.post()
    assert len(things.made) == 2


def test_parts_of_a_body_are_not_taken_for_each_other():
    assert len({digest_of(b"ab"), digest_of(b"a", b"b"), digest_of(b"b", b"a")}) == 3
