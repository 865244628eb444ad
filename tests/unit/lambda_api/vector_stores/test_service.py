from __future__ import annotations

import pytest

from lambda_api.files.service import FileService
from lambda_api.retrieval.store_names import StoreNames
from lambda_api.retrieval.store_searches import StoreSearches
from lambda_api.vector_stores.copies import StoreCopies
from lambda_api.vector_stores.documents import StoreDocuments
from lambda_api.vector_stores.registry import StoreRegistry
from lambda_api.vector_stores.schemas import ExpiresAfter, StoreRequest
from lambda_api.vector_stores.service import VectorStoreService
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
