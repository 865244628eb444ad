"""Files as a caller asks for them."""

from __future__ import annotations

import pytest

from lambda_api.errors import NotFoundError
from lambda_api.files.service import ExpiresAfter
from tests.support.service.batch_world import OWNER, World


def test_an_expired_file_is_gone(world):
    expiry = ExpiresAfter(anchor="created_at", seconds=3600)
    file = world.files.create(OWNER, "a.jsonl", b"x", expiry)
    world.now += 3599
    assert world.files.get(OWNER, file.id) == file
    world.now += 1

    with pytest.raises(NotFoundError):
        world.files.get(OWNER, file.id)
    assert world.files.page(OWNER, "", 10, "desc", None).data == []


def test_a_file_expires_no_later_than_the_bucket_deletes_it():
    files = World(batch_retention_days=1).files
    expiry = ExpiresAfter(anchor="created_at", seconds=2_592_000)

    for wanted in (None, expiry):
        file = files.create(OWNER, "a.jsonl", b"x", wanted)
        assert file.expires_at - file.created_at == 86_400


def test_a_file_that_is_there_is_not_gone(world):
    there = world.files.create(OWNER, "a.jsonl", b"x")
    awaited = world.files.await_upload(OWNER, "b.jsonl", 5)
    deleted = world.files.create(OWNER, "c.jsonl", b"x")
    world.files.delete(OWNER, deleted.id)

    assert world.files.gone(OWNER, [there.id, awaited.id, deleted.id]) == [deleted.id]
