"""Vector stores as OpenAI's client meets them: the whole service over the real ingestion."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from lambda_api.main import create_app
from lambda_api.retrieval.errors import RetrievalError
from tests.support.service.batch_world import Executions, requests
from tests.support.service.fake_queue import answer
from tests.support.service.fake_upstream import FakeUpstream
from tests.support.service.memory_leases import MemoryLeaseTable
from tests.support.service.memory_store import MemoryStore
from tests.support.service.serving import served
from tests.support.service.vector_store_world import Ingestion, settings

HOURS = b"# Opening hours\n\nThe library closes at nine in the evening.\n"
LARGE = b"\x00" * 400_000
UNKNOWN = f"vs_{'0' * 32}"


class Service:
    """The service with everything in memory."""

    def __init__(self) -> None:
        self.jobs, self.features = MemoryStore(), MemoryStore()
        self.ingestion = Ingestion(self.features)
        self.upstream = FakeUpstream(answer("The library closes at nine [1]."))
        self.app = create_app(
            settings(
                batch_bucket="jobs",
                quota_table="quotas",
                max_vector_stores=3,
                max_vector_store_files=4,
                max_vector_store_mb=1,
            ),
            self.upstream,
            batch_store=self.jobs,
            executions=Executions(),
            leases=MemoryLeaseTable(),
            search=self.ingestion,
            features_store=self.features,
        )


@pytest.fixture(scope="module")
def shared():
    service = Service()
    with served(service.app) as url:
        yield service, f"{url}/v1"


@pytest.fixture
def service(shared) -> Service:
    service = shared[0]
    service.ingestion.waits, service.ingestion.failure = False, None
    service.ingestion.events.clear()
    service.upstream.payloads.clear()
    return service


@pytest.fixture
def connect(shared):
    clients = []

    def connect(key: str) -> openai.OpenAI:
        context = json.dumps({"identity": {"apiKeyId": key}})
        client = openai.OpenAI(
            base_url=shared[1],
            api_key="k" * 40,
            default_headers={"x-amzn-request-context": context},
            max_retries=0,
        )
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def client(service, connect, request):
    """OpenAI's client with a key of its own for each test."""
    return connect(request.node.name)


def add(client: Any, store: str, content: bytes = HOURS, name: str = "hours.md", **how: Any) -> Any:
    return client.vector_stores.files.upload_and_poll(
        vector_store_id=store, file=(name, content), poll_interval_ms=1, **how
    )


def upload(client: Any, word: str) -> str:
    return str(client.files.create(file=(f"{word}.txt", word.encode()), purpose="assistants").id)


def message(caught: Any) -> str:
    return str(caught.value.body["message"])


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


def test_several_questions_a_threshold_and_a_limit(client):
    store = client.vector_stores.create().id
    for word in ("koala", "quokka"):
        add(client, store, f"{word} {word}".encode(), f"{word}.txt")
    search = client.vector_stores.search
    found = search(store, query=["koala", "quokka"])
    assert {hit.filename for hit in found} == {"koala.txt", "quokka.txt"}
    assert len(list(search(store, query=["koala", "quokka"], max_num_results=1))) == 1
    weights = {"embedding_weight": 0, "text_weight": 1}
    options: Any = {"score_threshold": 0.99, "hybrid_search": weights, "ranker": "auto"}
    assert list(search(store, query="koala", ranking_options=options)) == []


def test_a_question_is_rewritten_by_the_model_or_stays(client, service):
    store = client.vector_stores.create().id
    add(client, store)
    found = client.vector_stores.search(store, query="it?", rewrite_query=True)
    assert "search documents" in service.upstream.payloads[-1].decode()
    assert found.to_dict()["search_query"] == ["The library closes at nine [1]."]
    assert len(list(found)) == 1


def test_a_long_question_is_cut_at_what_is_read_and_said(client):
    store = client.vector_stores.create().id
    add(client, store)
    found = client.vector_stores.search(store, query="word " * 20_000)
    (said,) = found.to_dict()["search_query"]
    assert len(said.split()) == 254


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"query": ""}, "query"),
        ({"query": " "}, "query"),
        ({"query": []}, "query"),
        ({"query": ["a"] * 6}, "query"),
        ({"max_num_results": 0}, "max_num_results"),
        ({"max_num_results": 10_000}, "max_num_results"),
        ({"ranking_options": {"score_threshold": 2}}, "ranking_options.score_threshold"),
        ({"ranking_options": {"color": 1}}, "ranking_options.color"),
        ({"filters": {"type": "like", "key": "a", "value": "b"}}, "filters"),
        ({"filters": {"type": "gt", "key": "language", "value": 3}}, "filters"),
    ],
)
def test_a_search_that_cannot_be_made_names_the_field(client, fields, param):
    store = client.vector_stores.create().id
    add(client, store, attributes={"language": "en"})
    with pytest.raises(openai.BadRequestError) as caught:
        client.vector_stores.search(store, **{"query": "library", **fields})
    assert caught.value.param == param


def test_filters_are_not_nested_without_end(client):
    store = client.vector_stores.create().id
    add(client, store)
    nested: Any = {"type": "eq", "key": "a", "value": 1}
    for _ in range(20):
        nested = {"type": "and", "filters": [nested]}
    with pytest.raises(openai.BadRequestError, match="nested"):
        client.vector_stores.search(store, query="library", filters=nested)
    unknown: Any = {"type": "eq", "key": "nobody has it", "value": 1}
    assert list(client.vector_stores.search(store, query="library", filters=unknown)) == []


@pytest.mark.parametrize(
    ("fields", "param", "said"),
    [
        (
            {
                "chunking_strategy": {
                    "type": "static",
                    "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 0},
                }
            },
            "chunking_strategy.static.max_chunk_size_tokens",
            "the embedder reads 256 tokens, of which a chunk with its headings may have 100 to 220",
        ),
        (
            {
                "chunking_strategy": {
                    "type": "static",
                    "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50},
                }
            },
            "chunking_strategy.static.chunk_overlap_tokens",
            "0 is allowed, got 50",
        ),
        (
            {"expires_after": {"anchor": "last_active_at", "days": 7}},
            "expires_after.anchor",
            "only read; allowed is 'last_modified_at'",
        ),
        ({"expires_after": {"anchor": "last_modified_at", "days": 0}}, "expires_after.days", "1"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata", "at most 16"),
        ({"file_ids": ["file-none"]}, "file_id", "no such file"),
    ],
)
def test_a_store_that_cannot_be_made_names_the_field(client, fields, param, said):
    with pytest.raises(openai.APIStatusError) as caught:
        client.vector_stores.create(**fields)
    assert (caught.value.status_code, caught.value.param) in {(400, param), (404, param)}
    assert said in message(caught)
    assert list(client.vector_stores.list()) == []


@pytest.mark.parametrize(
    "attributes",
    [
        {str(n): 1 for n in range(17)},
        {"k" * 65: 1},
        {"": 1},
        {"a": "v" * 513},
        {"a": [1]},
        {"a": None},
    ],
)
def test_attributes_have_bounds(client, attributes):
    store = client.vector_stores.create().id
    file = client.files.create(file=("a.md", HOURS), purpose="assistants")
    with pytest.raises(openai.BadRequestError) as caught:
        client.vector_stores.files.create(store, file_id=file.id, attributes=attributes)
    assert caught.value.param.startswith("attributes")
    assert list(client.vector_stores.files.list(store)) == []


def test_a_batchs_file_is_no_document(client):
    store = client.vector_stores.create().id
    file = client.files.create(file=("a.jsonl", requests(1)), purpose="batch")
    with pytest.raises(openai.BadRequestError, match="has purpose 'batch', a store takes"):
        client.vector_stores.files.create(store, file_id=file.id)
    announced = client.post(
        "/files",
        body={"filename": "b.md", "bytes": 5, "purpose": "assistants"},
        cast_to=dict[str, Any],
    )
    with pytest.raises(openai.BadRequestError, match="has not been uploaded yet"):
        client.vector_stores.files.create(store, file_id=announced["id"])


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


def test_limits_of_a_key_count_stores_files_and_bytes(client):
    stores = [client.vector_stores.create().id for _ in range(3)]
    with pytest.raises(openai.RateLimitError, match="3 vector stores, at most 3 are allowed"):
        client.vector_stores.create()
    client.vector_stores.delete(stores.pop())
    stores.append(client.vector_stores.create().id)

    large = [add(client, stores[0], LARGE, f"{n}.txt").id for n in range(2)]
    file = client.files.create(file=("c.txt", LARGE), purpose="assistants").id
    with pytest.raises(openai.RateLimitError, match="more would exceed the 1048576"):
        client.vector_stores.files.create(stores[1], file_id=file)
    client.vector_stores.files.delete(large[0], vector_store_id=stores[0])
    client.vector_stores.files.create(stores[1], file_id=file)

    small = client.files.create(file=("s.txt", b"word"), purpose="assistants").id
    for store in stores[:2]:
        client.vector_stores.files.create(store, file_id=small)
    with pytest.raises(openai.RateLimitError, match="4 vector store files, at most 4 are allowed"):
        client.vector_stores.files.create(stores[2], file_id=small)
    client.vector_stores.delete(stores[1])
    client.vector_stores.files.create(stores[2], file_id=small)


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


def test_a_search_function_that_does_not_answer_is_said(client, service):
    store = client.vector_stores.create().id
    service.ingestion.failure = RetrievalError("the documents cannot be searched now, try again")
    for ask in (
        lambda: client.vector_stores.search(store, query="x"),
        lambda: client.vector_stores.retrieve(store),
    ):
        with pytest.raises(openai.InternalServerError, match="cannot be searched now"):
            ask()


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
