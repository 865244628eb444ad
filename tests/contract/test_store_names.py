"""A caller's store has one name, for the API that makes it and for ingestion that clears up."""

from __future__ import annotations

from features.index.paths import OWN_STORE, own_store
from lambda_api.retrieval.store_names import PREFIX, StoreNames, store_key
from lambda_api.storage.object_ids import new_id


def test_ingestion_knows_a_store_by_the_key_that_the_api_writes():
    store_id = new_id(PREFIX, 1.0)
    name = StoreNames([]).name_of(store_id, "ann")
    assert own_store(store_key("ann", store_id)) == name
    assert OWN_STORE.fullmatch(name)


def test_notes_of_requests_are_no_stores():
    for key in ("stores/~batches/ann/vs_1/b.json", "stores/~keys/ann/x.json", "stores/ann/x"):
        assert own_store(key) is None


def test_no_store_of_config_is_named_like_a_callers():
    """Of 40 characters at most: `stacks.config.retrieval.StoreConfig`."""
    assert not OWN_STORE.fullmatch("own-" + "a" * 36)
