from __future__ import annotations

import pytest

from lambda_api.errors import QuotaError
from lambda_api.files.schemas import FileObject
from lambda_api.quotas.leases import Limits
from lambda_api.quotas.quota import LeasedQuota
from lambda_api.retrieval.store_names import PREFIX, StoreNames
from lambda_api.storage.object_ids import new_id
from lambda_api.vector_stores.copies import StoreCopies
from lambda_api.vector_stores.documents import StoreDocuments
from lambda_api.vector_stores.file_schemas import DocumentSidecar
from lambda_api.vector_stores.registry import StoreRegistry
from lambda_api.vector_stores.schemas import StoreState
from tests.support.service.memory_leases import MemoryLeaseTable
from tests.support.service.memory_store import MemoryStore

STORES = [new_id(PREFIX, float(n)) for n in range(2)]
HOLDER = "vector-store-files/ann"


@pytest.fixture
def table():
    return MemoryLeaseTable()


@pytest.fixture
def copies(table):
    objects = MemoryStore()
    registry = StoreRegistry(objects)
    for store in STORES:
        registry.keep("ann", StoreState(id=store, created_at=1, modified_at=1))
    quota = LeasedQuota("vector store files", Limits(3, 100), lambda: table, "take some out")
    return StoreCopies(registry, StoreDocuments(objects), StoreNames([]), quota)


def file(number=0):
    return FileObject(
        id=new_id("file-", float(number)),
        bytes=10,
        created_at=1,
        expires_at=2,
        filename="a.md",
        purpose="assistants",
    )


def put(copies, store, file):
    sidecar = DocumentSidecar.of(file.id, file.filename, {"a": 1}, 220, 1.0)
    copies.put("ann", store, file, sidecar, [b"x" * 5, b"y" * 5])


def test_a_copy_has_what_ingestion_reads_beside_it_before_it_is_there(copies):
    one = file()
    put(copies, STORES[0], one)
    keys = [key for key in copies.documents.objects.objects if key.startswith("documents/")]
    name = copies.name_of("ann", STORES[0])
    assert keys == [f"documents/{name}/{one.id}.metadata.json", f"documents/{name}/{one.id}"]
    _, sidecar = copies.documents.find(name, one.id)
    assert sidecar.metadataAttributes == {"a": 1}
    assert sidecar.document == {
        "file_id": one.id,
        "filename": "a.md",
        "max_chunk_size_tokens": 220,
        "created_at": 1,
    }


def test_copies_are_counted_until_they_are_removed(copies, table):
    one, two = file(1), file(2)
    put(copies, STORES[0], one)
    put(copies, STORES[1], one)
    put(copies, STORES[1], two)
    with pytest.raises(QuotaError):
        put(copies, STORES[0], two)
    copies.remove("ann", STORES[0], one.id)
    assert (len(table.holders[HOLDER].held), table.holders[HOLDER].size) == (2, 20)
    copies.release("ann", one.id)
    copies.clear("ann", STORES[1])
    assert not table.holders[HOLDER].held
    assert copies.documents.all_of(copies.name_of("ann", STORES[1])) == {}


def test_leases_of_copies_that_are_in_no_store_are_told(copies, table):
    put(copies, STORES[0], file(1))
    put(copies, STORES[1], file(2))
    leases = list(table.holders[HOLDER].held)
    copies.documents.clear(copies.name_of("ann", STORES[0]))
    assert copies.gone("ann", leases) == leases[:1]
