"""Files of a store, one by one and together."""

from __future__ import annotations

import openai
import pytest

from tests.support.service.vector_store_world import add, upload

UNKNOWN = f"vs_{'0' * 32}"


def test_a_file_is_in_progress_until_it_is_read_and_failed_with_the_reason(client, service):
    store = client.vector_stores.create()
    service.ingestion.waits = True
    file = client.files.create(file=("a.md", b"\x00" * 100), purpose="assistants")
    added = client.vector_stores.files.create(store.id, file_id=file.id)
    assert added.status == "in_progress"
    assert client.vector_stores.retrieve(store.id).status == "in_progress"
    content = client.vector_stores.files.content(file.id, vector_store_id=store.id)
    assert list(content) == []

    service.ingestion.waits = False
    failed = client.vector_stores.files.retrieve(file.id, vector_store_id=store.id)
    assert (failed.status, failed.last_error.code) == ("failed", "unsupported_file")
    odd = add(client, store.id, b"{}", "a.xyz")
    assert odd.last_error.code == "unsupported_file"
    listed = client.vector_stores.files.list
    assert [one.id for one in listed(store.id, filter="failed")] == [odd.id, file.id]
    assert list(listed(store.id, filter="completed")) == []
    assert client.vector_stores.retrieve(store.id).file_counts.failed == 2


def test_files_are_added_together_and_told_of_together(client):
    store = client.vector_stores.create().id
    batch = client.vector_stores.file_batches.upload_and_poll(
        store,
        files=[(f"{word}.txt", word.encode()) for word in ("koala", "quokka")],
        file_ids=[client.files.create(file=("a.md", b"\x00" * 99), purpose="assistants").id],
        poll_interval_ms=1,
    )
    assert (batch.object, batch.status) == ("vector_store.files_batch", "completed")
    counts = batch.file_counts
    assert (counts.total, counts.completed, counts.failed) == (3, 2, 1)
    listed = client.vector_stores.file_batches.list_files
    assert len(list(listed(batch.id, vector_store_id=store, limit=2))) == 3
    (failed,) = listed(batch.id, vector_store_id=store, filter="failed")
    assert failed.last_error.code == "unsupported_file"

    (hit,) = client.vector_stores.search(store, query="quokka")
    client.vector_stores.files.delete(hit.file_id, vector_store_id=store)
    told = client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store)
    assert (told.status, told.file_counts.cancelled, told.file_counts.completed) == (
        "completed",
        1,
        1,
    )


def test_each_file_of_a_batch_may_have_attributes_of_its_own(client):
    store = client.vector_stores.create().id
    ids = [upload(client, word) for word in ("koala", "quokka")]
    files = [{"file_id": one, "attributes": {"place": n}} for n, one in enumerate(ids)]
    batch = client.vector_stores.file_batches.create_and_poll(
        store, files=files, poll_interval_ms=1
    )
    assert batch.file_counts.completed == 2
    attributes = {one.id: one.attributes for one in client.vector_stores.files.list(store)}
    assert attributes == {one: {"place": n} for n, one in enumerate(ids)}

    again = {"attributes": {"place": 9}, "file_ids": [*ids, ids[0]]}
    client.vector_stores.file_batches.create_and_poll(store, **again, poll_interval_ms=1)
    assert {one.attributes["place"] for one in client.vector_stores.files.list(store)} == {9}


def test_a_cancelled_batch_loses_what_was_not_read(client, service):
    store = client.vector_stores.create().id
    read = add(client, store).id
    service.ingestion.waits = True
    batches = client.vector_stores.file_batches
    batch = batches.create(store, file_ids=[upload(client, "koala"), upload(client, "quokka")])
    assert (batch.status, batch.file_counts.in_progress) == ("in_progress", 2)
    cancelled = batches.cancel(batch.id, vector_store_id=store)
    assert (cancelled.status, cancelled.file_counts.cancelled) == ("cancelled", 2)
    assert [one.id for one in client.vector_stores.files.list(store)] == [read]

    service.ingestion.waits = False
    done = batches.create_and_poll(store, file_ids=[read], poll_interval_ms=1)
    assert batches.cancel(done.id, vector_store_id=store).status == "completed"


def test_a_batch_that_cannot_be_added_whole_adds_nothing(client):
    store = client.vector_stores.create().id
    there = add(client, store).id
    ids = [upload(client, str(n)) for n in range(4)]
    batches = client.vector_stores.file_batches
    with pytest.raises(openai.RateLimitError):
        batches.create(store, file_ids=[there, *ids])
    with pytest.raises(openai.NotFoundError, match="no such file"):
        batches.create(store, file_ids=[ids[0], "file-none"])
    for fields in ({"attributes": {}}, {"file_ids": ids, "files": [{"file_id": ids[0]}]}):
        with pytest.raises(openai.BadRequestError, match="either 'file_ids' or"):
            batches.create(store, **fields)
    with pytest.raises(openai.BadRequestError, match="at most 100"):
        batches.create(store, file_ids=ids * 26)
    assert [one.id for one in client.vector_stores.files.list(store)] == [there]


def test_a_batch_is_its_stores_own(client):
    mine, other = (client.vector_stores.create().id for _ in range(2))
    batch = client.vector_stores.file_batches.create(mine, file_ids=[upload(client, "koala")])
    for store, named in ((other, batch.id), (mine, "vsfb_none"), (UNKNOWN, batch.id)):
        with pytest.raises(openai.NotFoundError):
            client.vector_stores.file_batches.retrieve(named, vector_store_id=store)
    with pytest.raises(openai.BadRequestError, match="store of the stage's config"):
        client.vector_stores.file_batches.create("vs_docs", file_ids=["file-none"])
