"""Room that files take in the bucket."""

from __future__ import annotations

from lambda_api.files.keys import content_key
from lambda_api.files.schemas import ExpiresAfter
from tests.support.service.batch_world import OWNER

HOUR = 3600


def test_a_file_that_is_there_takes_room(world):
    there = world.files.create(OWNER, "a.jsonl", b"x")
    awaited = world.files.await_upload(OWNER, "b.jsonl", 5)
    deleted = world.files.create(OWNER, "c.jsonl", b"x")
    world.files.delete(OWNER, deleted.id)
    world.now += HOUR
    assert world.files.room.freed(OWNER, [there.id, awaited.id, deleted.id]) == [deleted.id]


def test_nothing_is_freed_while_a_url_may_bring_content(world):
    made = world.files.await_upload(OWNER, "a.jsonl", 5)
    world.files.delete(OWNER, made.id)
    world.now += HOUR - 1
    assert world.files.room.freed(OWNER, [made.id]) == []
    world.now += 1
    assert world.files.room.freed(OWNER, [made.id]) == [made.id]


def test_what_came_after_its_files_deletion_is_deleted(world):
    made = world.files.await_upload(OWNER, "a.jsonl", 5)
    world.files.delete(OWNER, made.id)
    world.store.put(content_key(OWNER, made.id), b"12345")
    world.now += HOUR
    assert world.files.room.freed(OWNER, [made.id]) == [made.id]
    assert list(world.store.list("files/")) == []


def test_what_has_expired_is_deleted_and_nothing_else(world):
    expiry = ExpiresAfter(anchor="created_at", seconds=HOUR)
    short = world.files.create(OWNER, "a.jsonl", b"x", expiry)
    long = world.files.create(OWNER, "b.jsonl", b"x")
    world.now += HOUR
    assert world.files.room.clear(OWNER, [short.id, long.id]) == [short.id]
    left = [listed.key for listed in world.store.list("files/")]
    assert len(left) == 2
    assert all(long.id in key for key in left)
