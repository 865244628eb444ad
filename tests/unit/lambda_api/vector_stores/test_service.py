from __future__ import annotations

import pytest

from lambda_api.errors import NotFoundError
from lambda_api.files.service import FileService
from lambda_api.retrieval.store_names import StoreNames
from lambda_api.retrieval.store_searches import StoreSearches
from lambda_api.vector_stores.copies import StoreCopies
from lambda_api.vector_stores.documents import StoreDocuments
from lambda_api.vector_stores.registry import StoreRegistry
from lambda_api.vector_stores.schemas import ExpiresAfter, StoreRequest
from lambda_api.vector_stores.service import MAKING_SECONDS, VectorStoreService
from lambda_api.vector_stores.store_files import StoreFiles
from tests.support.service.memory_store import MemoryStore
from tests.support.service.vector_store_world import Ingestion

DAY = 86_400
EXPIRING = StoreRequest(expires_after=ExpiresAfter(anchor="last_modified_at", days=1))


@pytest.fixture
def now():
    return [1000.0]


@pytest.fixture
def stores(now):
    objects = MemoryStore()
    names = StoreNames([])
    registry = StoreRegistry(objects, lambda: now[0])
    copies = StoreCopies(registry, StoreDocuments(objects), names)
    function = Ingestion(objects)
    searches = StoreSearches(lambda _seconds: function, names, registry.is_there)
    files = StoreFiles(copies, FileService(objects, 30, lambda: now[0]), searches)
    return VectorStoreService(files, clock=lambda: now[0])


def test_an_expired_store_goes_with_its_documents_when_its_owner_lists(stores, now):
    ended, kept = (
        stores.create("ann", request, stores.new_id()).id for request in (EXPIRING, StoreRequest())
    )
    key = f"documents/{stores.copies.name_of('ann', ended)}/file-1"
    stores.copies.documents.objects.put(key, b"x")
    now[0] += DAY
    assert stores.find("ann", ended) is None
    assert [store.id for store in stores.page("ann", "", 20, "desc").data] == [kept]
    left = [k for k in stores.copies.documents.objects.objects if not k.startswith("index/")]
    assert left == [f"stores/ann/{kept}.json"]


def test_expired_stores_of_all_owners_go_though_nobody_lists_them(stores, now):
    kept = stores.create("ann", StoreRequest(), stores.new_id()).id
    damaged = stores.create("ann", EXPIRING, stores.new_id()).id
    for owner in ("ann", "bob"):
        ended = stores.create(owner, EXPIRING, stores.new_id()).id
        key = f"documents/{stores.copies.name_of(owner, ended)}/file-1"
        stores.copies.documents.objects.put(key, b"x")
    stores.copies.documents.objects.put(f"stores/ann/{damaged}.json", b"{")
    assert stores.remove_expired() == 0
    now[0] += DAY
    assert stores.remove_expired() == 2
    left = [k for k in stores.copies.documents.objects.objects if not k.startswith("index/")]
    assert sorted(left) == sorted(f"stores/ann/{store}.json" for store in (kept, damaged))


def test_a_caller_at_its_limit_is_not_held_to_what_has_expired(stores, now):
    ended, kept = (
        stores.create("ann", request, stores.new_id()).id for request in (EXPIRING, StoreRequest())
    )
    now[0] += DAY
    assert stores.gone("ann", [ended, kept, "vs_never"]) == [ended, "vs_never"]


def test_a_store_whose_state_is_damaged_is_left_out_of_lists_and_can_be_deleted(stores):
    noted = []
    stores = VectorStoreService(stores.files, note_unreadable=noted.append, clock=stores.clock)
    broken = stores.create("ann", StoreRequest(), stores.new_id()).id
    stores.copies.documents.objects.put(f"stores/ann/{broken}.json", b"{")
    assert stores.page("ann", "", 20, "asc").data == []
    assert noted == [broken]
    assert stores.delete("ann", broken).deleted
    assert list(stores.copies.registry.ids("ann")) == []


class Killed(BaseException):
    """What Lambda does when a function's time is over: nothing of ours runs after it."""


@pytest.fixture
def of_two(stores):
    """A request for a store of two files."""
    ids = [stores.files.files.new_id() for _ in range(2)]
    for file_id in ids:
        stores.files.files.write("ann", file_id, "a.md", [b"koala"], purpose="assistants")
    return StoreRequest(file_ids=ids)


def below(stores, folder):
    return [key for key in stores.copies.documents.objects.objects if key.startswith(folder)]


def test_a_store_whose_making_was_killed_goes_with_its_copies(stores, now, monkeypatch, of_two):
    store_id, upload = stores.new_id(), MemoryStore.upload

    def kill(objects, key, parts):
        if key.endswith(of_two.file_ids[1]):
            raise Killed
        return upload(objects, key, parts)

    monkeypatch.setattr(MemoryStore, "upload", kill)
    with pytest.raises(Killed):
        stores.create("ann", of_two, store_id)
    assert below(stores, "documents/"), "copies were left"
    (listed,) = stores.page("ann", "", 20, "desc").data
    assert (listed.id, listed.status) == (store_id, "in_progress")
    assert stores.find("ann", store_id) is None, "a repeated request makes it again"
    now[0] += MAKING_SECONDS
    assert stores.remove_expired() == 1
    assert below(stores, "documents/") == below(stores, "stores/") == []


def test_a_killed_making_is_ended_by_a_repeated_request(stores, now, of_two):
    store_id = stores.new_id()
    made = stores.create("ann", of_two, store_id)
    assert stores.create("ann", of_two, store_id).id == made.id
    now[0] += 10 * DAY
    assert stores.find("ann", store_id)
    assert stores.remove_expired() == 0


def test_a_store_that_is_deleted_while_it_is_made_leaves_nothing(stores, monkeypatch, of_two):
    store_id, upload = stores.new_id(), MemoryStore.upload

    def delete(objects, key, parts):
        stores.copies.registry.delete("ann", store_id)
        return upload(objects, key, parts)

    monkeypatch.setattr(MemoryStore, "upload", delete)
    with pytest.raises(NotFoundError):
        stores.create("ann", of_two, store_id)
    assert below(stores, "documents/") == below(stores, "stores/") == []
