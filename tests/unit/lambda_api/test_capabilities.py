from __future__ import annotations

import pytest

from lambda_api.capabilities import retrieval_service
from lambda_api.retrieval.store_names import PREFIX
from lambda_api.storage.object_ids import new_id
from lambda_api.vector_stores.registry import StoreRegistry
from lambda_api.vector_stores.schemas import StoreState
from tests.support.service.fake_search import FakeSearch
from tests.support.service.memory_store import MemoryStore


@pytest.fixture
def searching(settings):
    return settings.model_copy(
        update={
            "retrieval_search_function": "search",
            "retrieval_bucket": "features",
            "retrieval_stores": ["docs"],
            "retrieval_search_timeout_ms": 700,
        }
    )


def test_a_stage_without_a_search_function_searches_nothing(settings):
    assert retrieval_service(settings, FakeSearch(), MemoryStore) is None


def test_the_settings_are_the_budgets(searching):
    made = retrieval_service(searching, FakeSearch(), MemoryStore)
    assert (made.seconds, made.rewrites, made.rewrite_seconds) == (0.7, False, 1.5)
    assert made.stores.names.declared_ids == ["vs_docs"]
    rewriting = searching.model_copy(update={"retrieval_rewrite": True})
    assert retrieval_service(rewriting, FakeSearch(), MemoryStore).rewrites


def test_a_store_is_there_for_its_owner(searching):
    objects, store = MemoryStore(), new_id(PREFIX, 1.0)
    StoreRegistry(objects).keep("ann", StoreState(id=store, created_at=1, modified_at=1))
    made = retrieval_service(searching, FakeSearch(), lambda: objects)
    assert made.stores.is_there("ann", store)
    assert not made.stores.is_there("bob", store)
