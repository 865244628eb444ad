"""Files and batches as a caller's owner asks for them."""

from __future__ import annotations

import pytest

from lambda_api.batches.store import BatchStore
from lambda_api.errors import InvalidRequestError, NotFoundError, SchedulerError, StorageError
from lambda_api.files.service import ExpiresAfter
from lambda_api.storage.object_ids import is_id, new_id
from lambda_api.storage.pagination import page_of
from tests.support.service.batch_world import OWNER, World, jsonl, request


@pytest.fixture
def world():
    return World()


def test_ids_sort_newest_first_and_cannot_be_guessed():
    ids = [new_id("file-", seconds) for seconds in (1.0, 1.001, 2.0, 1_800_000_000.0)]

    assert sorted(ids, reverse=True) == ids
    assert all(is_id("file-", found) for found in ids)
    assert new_id("file-", 1.0) != ids[0]


@pytest.mark.parametrize(
    "text", ["", "file-", "file-../x", f"batch_{32 * '0'}", f"file-{32 * 'G'}"]
)
def test_nothing_else_is_an_id(text):
    assert not is_id("file-", text)


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


def test_a_batch_that_cannot_be_started_is_forgotten(world, monkeypatch):
    def refuse(name, data):
        raise SchedulerError("no")

    monkeypatch.setattr(world.executions, "start", refuse)

    with pytest.raises(SchedulerError):
        world.submit(jsonl([request("a")]))
    assert list(world.batches.ids(OWNER)) == []


def test_a_cancel_whose_stop_failed_can_be_sent_again(world, monkeypatch):
    batch = world.submit(jsonl([request("a")]))

    def refuse(name):
        raise SchedulerError("no")

    with monkeypatch.context() as patch:
        patch.setattr(world.executions, "stop", refuse)
        with pytest.raises(SchedulerError):
            world.batches.cancel(OWNER, batch.id)
    with pytest.raises(InvalidRequestError, match="status 'cancelling'"):
        world.batches.cancel(OWNER, batch.id)

    assert world.executions.calls[1:] == [("stop", batch.id), ("start", f"{batch.id}-cancel")]


def test_a_change_is_made_again_to_what_somebody_else_wrote(world):
    batch = world.submit(jsonl([request("a")]))
    batches = BatchStore(world.store)
    seen = []

    def change(state):
        seen.append(state.round)
        if len(seen) == 1:
            batches.update(OWNER, batch.id, lambda now: now.model_copy(update={"shards": 7}))
        return state.model_copy(update={"round": state.round + 1})

    changed = batches.update(OWNER, batch.id, change)

    assert (changed.round, changed.shards) == (1, 7)
    assert seen == [0, 0]


def test_a_state_that_keeps_changing_is_given_up(world):
    batch = world.submit(jsonl([request("a")]))
    batches = BatchStore(world.store)

    def change(state):
        world.store.put(f"batches/{OWNER}/{batch.id}/batch.json", state.model_dump_json().encode())
        return state.model_copy(update={"round": 9})

    with pytest.raises(StorageError, match="being changed"):
        batches.update(OWNER, batch.id, change)


@pytest.mark.parametrize(("limit", "shown", "has_more"), [(3, 3, True), (5, 5, False)])
def test_a_page_passes_over_what_is_not_to_be_listed(world, limit, shown, has_more):
    files = [world.files.create(OWNER, str(n), b"x") for n in range(10)]
    listed = {file.id: file for file in files[::2]}
    page = page_of([file.id for file in files], listed.get, limit)

    assert page.data == files[::2][:shown]
    assert page.last_id == page.data[-1].id
    assert page.has_more is has_more
