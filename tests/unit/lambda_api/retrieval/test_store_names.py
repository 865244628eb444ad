from __future__ import annotations

from lambda_api.retrieval.store_names import PREFIX, StoreNames, store_key
from lambda_api.storage.object_ids import new_id

NAMES = StoreNames(["docs"])


def test_a_store_of_config_has_one_name_for_all():
    assert NAMES.declared_ids == ["vs_docs"]
    assert NAMES.name_of("vs_docs", "ann") == NAMES.name_of("vs_docs", "bob") == "docs"


def test_a_made_store_is_another_one_for_another_caller():
    store = new_id(PREFIX, 1.0)
    assert NAMES.is_made(store)
    assert NAMES.name_of(store, "ann") != NAMES.name_of(store, "bob")
    assert NAMES.name_of(store, "ann") == NAMES.name_of(store, "ann")
    assert store_key("ann", store) == f"stores/ann/{store}.json"


def test_no_id_leads_to_a_folder_that_is_not_its_own():
    theirs = NAMES.name_of(new_id(PREFIX, 1.0), "ann")
    for made_up in (f"vs_{theirs}", "vs_other", "docs", "vs_../docs", ""):
        assert NAMES.name_of(made_up, "bob") is None


def test_a_store_of_config_is_not_taken_for_a_made_one():
    store = new_id(PREFIX, 1.0)
    names = StoreNames([store.removeprefix(PREFIX)])
    assert names.is_declared(store)
    assert not names.is_made(store)


def test_stores_of_config_that_a_caller_may_search():
    names = StoreNames(["docs", "own", "nobodys"], {"own": ["ann"], "nobodys": []})
    assert names.declared_for("ann") == ["vs_docs", "vs_own"]
    assert names.declared_for("bob") == ["vs_docs"]
