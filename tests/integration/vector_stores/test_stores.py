"""Vector stores as OpenAI's client meets them: the whole service over the real ingestion."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.support.service.vector_store_world import HOURS, add, message

LARGE = b"\x00" * 400_000
UNKNOWN = f"vs_{'0' * 32}"


def test_a_store_is_made_filled_searched_asked_and_deleted(client, service):
    store = client.vector_stores.create(name="mine", metadata={"about": "hours"})
    assert (store.object, store.status, store.usage_bytes) == ("vector_store", "completed", 0)

    file = add(client, store.id, attributes={"language": "en", "year": 2026, "open": True})
    assert (file.status, file.last_error, file.usage_bytes) == ("completed", None, len(HOURS))
    assert file.attributes == {"language": "en", "year": 2026, "open": True}
    assert file.chunking_strategy.static.max_chunk_size_tokens == 220

    store = client.vector_stores.retrieve(store.id)
    assert store.file_counts.completed == store.file_counts.total == 1
    assert store.usage_bytes == len(HOURS)
    assert [one.id for one in client.vector_stores.files.list(store.id)] == [file.id]
    content = client.vector_stores.files.content(file.id, vector_store_id=store.id)
    assert "".join(part.text for part in content) == HOURS.decode()

    (hit,) = client.vector_stores.search(store.id, query="when does the library close?")
    assert (hit.file_id, hit.filename) == (file.id, "hours.md")
    assert "at nine" in hit.content[0].text
    assert hit.attributes["language"] == "en"

    tool: Any = {"type": "file_search", "vector_store_ids": [store.id]}
    told = client.responses.create(model="twin", input="When does the library close?", tools=[tool])
    assert "at nine" in service.upstream.payloads[-1].decode()
    (citation,) = told.output[1].content[0].annotations
    assert (citation.type, citation.file_id) == ("file_citation", file.id)

    assert client.vector_stores.files.delete(file.id, vector_store_id=store.id).deleted
    assert list(client.vector_stores.search(store.id, query="library")) == []
    assert client.files.retrieve(file.id).purpose == "assistants", "the file itself stays"

    assert client.vector_stores.delete(store.id).deleted
    for gone in (
        lambda: client.vector_stores.retrieve(store.id),
        lambda: client.vector_stores.search(store.id, query="library"),
        lambda: client.responses.create(model="twin", input="hi", tools=[tool]),
    ):
        with pytest.raises(openai.NotFoundError, match="there is no vector store"):
            gone()


def test_a_deleted_store_is_not_found_though_the_index_still_has_it(client, service):
    store = client.vector_stores.create()
    add(client, store.id)
    service.ingestion.waits = True
    client.vector_stores.delete(store.id)
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.search(store.id, query="library")


def test_a_store_is_made_of_files_and_deleting_a_file_takes_its_copies(client, service):
    files = [
        client.files.create(file=(f"{word}.txt", word.encode() * 3), purpose="user_data")
        for word in ("koala ", "quokka ")
    ]
    ids = [file.id for file in files]
    stores = [client.vector_stores.create(file_ids=ids) for _ in range(2)]
    assert [store.file_counts.total for store in stores] == [2, 2]

    client.files.delete(ids[0])
    for store in stores:
        assert [one.id for one in client.vector_stores.files.list(store.id)] == [ids[1]]
        assert list(client.vector_stores.search(store.id, query="koala")) == []


def test_lists_go_on_from_page_to_page_in_both_orders(client):
    stores = [client.vector_stores.create(name=str(n)).id for n in range(3)]
    for order, expected in (("asc", stores), ("desc", stores[::-1])):
        pages = client.vector_stores.list(limit=2, order=order)
        assert [store.id for store in pages] == expected
    files = [add(client, stores[0], name=f"{n}.md").id for n in range(3)]
    for order, expected in (("asc", files), ("desc", files[::-1])):
        pages = client.vector_stores.files.list(stores[0], limit=2, order=order)
        assert [file.id for file in pages] == expected


def test_a_store_and_a_files_attributes_are_changed(client):
    store = client.vector_stores.create(name="old", metadata={"a": "1"})
    changed = client.vector_stores.update(store.id, name="new")
    assert (changed.name, changed.metadata) == ("new", {"a": "1"})
    assert client.vector_stores.update(store.id, metadata=None).metadata == {}

    file = add(client, store.id, attributes={"language": "en"})
    english = {"type": "eq", "key": "language", "value": "en"}
    search = client.vector_stores.search
    assert len(list(search(store.id, query="library", filters=english))) == 1
    attributes = {"language": "de"}
    told = client.vector_stores.files.update(
        file.id, vector_store_id=store.id, attributes=attributes
    )
    assert told.attributes == attributes
    assert list(search(store.id, query="library", filters=english)) == []


def test_a_store_of_config_is_searched_and_told_of_but_not_changed(client, service):
    service.features.put("documents/docs/a.md", HOURS)
    assert len(list(client.vector_stores.search("vs_docs", query="library"))) == 1
    store = client.vector_stores.retrieve("vs_docs")
    assert (store.name, store.file_counts.completed) == ("docs", 1)
    assert "vs_docs" not in [one.id for one in client.vector_stores.list()]
    for change in (
        lambda: client.vector_stores.update("vs_docs", name="mine"),
        lambda: client.vector_stores.delete("vs_docs"),
        lambda: client.vector_stores.files.list("vs_docs"),
        lambda: client.vector_stores.files.create("vs_docs", file_id="file-x"),
    ):
        with pytest.raises(openai.BadRequestError, match="is a store of the stage's config"):
            change()
    assert service.features.get("documents/docs/a.md")


def test_a_store_for_others_an_unknown_one_and_anothers_read_the_same(client, connect, service):
    other = connect("somebody")
    theirs = other.vector_stores.create().id
    file = other.files.create(file=("a.md", HOURS), purpose="assistants").id
    mine = client.vector_stores.create().id
    with pytest.raises(openai.NotFoundError, match="no such file"):
        client.vector_stores.files.create(mine, file_id=file)
    said = set()
    for store in (theirs, "vs_inside", UNKNOWN, "vs_none", "x"):
        for ask in (
            lambda store=store: client.vector_stores.retrieve(store),
            lambda store=store: client.vector_stores.search(store, query="x"),
            lambda store=store: client.vector_stores.update(store, name="mine"),
            lambda store=store: client.vector_stores.delete(store),
            lambda store=store: client.vector_stores.files.list(store),
        ):
            with pytest.raises(openai.NotFoundError) as caught:
                ask()
            said.add(message(caught).replace(store, "ID"))
    assert said == {"there is no vector store 'ID'"}


def test_a_store_tells_when_it_expires(client):
    expiry: Any = {"anchor": "last_modified_at", "days": 1}
    store = client.vector_stores.create(expires_after=expiry)
    assert store.expires_at == store.created_at + 86_400
    assert client.vector_stores.update(store.id, expires_after=None).expires_at is None


def test_an_idempotency_key_makes_one_store(client):
    header = {"Idempotency-Key": "one"}
    first, again = (client.vector_stores.create(extra_headers=header) for _ in range(2))
    assert first.id == again.id
    assert len(list(client.vector_stores.list())) == 1


def test_a_store_that_could_not_be_filled_is_not_there(client, service):
    files = [
        client.files.create(file=(f"{n}.txt", LARGE), purpose="assistants").id for n in range(3)
    ]
    before = set(service.features.objects)
    with pytest.raises(openai.RateLimitError):
        client.vector_stores.create(file_ids=files)
    assert {key for key in service.features.objects if key.startswith("documents/")} <= before
    assert list(client.vector_stores.list()) == []
    client.vector_stores.create(file_ids=files[:2])
