from __future__ import annotations

import threading

import pytest

from lambda_api.errors import InvalidRequestError, NotFoundError, StorageError
from lambda_api.retrieval.errors import RetrievalError
from lambda_api.retrieval.file_search import FileSearch
from lambda_api.retrieval.store_names import PREFIX, StoreNames
from lambda_api.retrieval.store_searches import StoreSearches, found_in
from lambda_api.storage.object_ids import new_id
from tests.support.service.fake_search import FakeSearch, answer, error, result

STORE = new_id(PREFIX, 1.0)
OWN = FileSearch((STORE,), param="tools[0]")


def searches(function, is_there=lambda owner, _store: owner == "ann"):
    return StoreSearches(lambda _seconds: function, StoreNames(["docs"]), is_there)


def test_each_store_is_asked_each_question():
    function = FakeSearch([answer(result("a"))])
    both = FileSearch(("vs_docs", STORE))
    told = searches(function).find(both, ["one", "two"], "ann", 5)
    assert len(told) == len(function.events) == 4
    assert {(event["store"], event["query"]) for event in function.events} == {
        (name, query) for name in {name for name, _ in told} for query in ("one", "two")
    }


def test_a_store_that_was_deleted_is_not_found_whatever_the_index_has():
    function = FakeSearch([answer(result("a"))])
    assert searches(function).find(OWN, ["x"], "ann", 5)
    with pytest.raises(NotFoundError, match=STORE):
        searches(function, lambda *_of: False).find(OWN, ["x"], "ann", 5)


def test_a_store_that_nobody_can_look_at_is_searched_all_the_same():
    release = threading.Event()

    def refuse(*_of):
        raise StorageError("away", reason="S3")

    def hang(*_of):
        return release.wait(30)

    function = FakeSearch([answer(result("a"))])
    assert searches(function, refuse).find(OWN, ["x"], "ann", 5)
    assert searches(function, hang).find(OWN, ["x"], "ann", 0.3)
    release.set()


def test_searches_that_nobody_waits_for_any_more_are_not_begun():
    release, events = threading.Event(), []

    def hang(event):
        events.append(event)
        release.wait(30)
        return answer()

    searching = searches(hang)
    queries = [str(number) for number in range(40)]
    with pytest.raises(RetrievalError, match="too long"):
        searching.find(FileSearch(("vs_docs",)), queries, "ann", 0.3)
    release.set()
    searching._searches.shutdown()
    assert len(events) == 16, "as many as there are threads"


def test_a_store_with_nothing_published_finds_nothing():
    ((_, told),) = searches(FakeSearch([error("store_not_found")])).find(OWN, ["x"], "ann", 5)
    assert told["results"] == []
    assert found_in([("n", told)], 10).passages == ()


def test_one_question_to_the_index_counts_all_stores():
    more = new_id(PREFIX, 2.0)
    names = StoreNames([])
    counts = {
        names.name_of(one, "ann"): {"ready": n, "failed": 0} for n, one in ((1, STORE), (2, more))
    }
    function = FakeSearch([{"counts": counts}])
    told = searches(function).counts([STORE, more], "ann")
    assert {one: count["ready"] for one, count in told.items()} == {STORE: 1, more: 2}
    assert len(function.events) == 1
    assert searches(function).counts([], "ann") == {}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (error("invalid_request", "odd", "filters"), InvalidRequestError),
        (error("unavailable", "away"), RetrievalError),
        (error("store_not_found"), NotFoundError),
    ],
)
def test_what_the_function_refuses_is_an_error_of_ours(said, kind):
    with pytest.raises(kind):
        searches(FakeSearch([said])).ask("vs_docs", "ann", status=True)


def test_a_question_names_the_caller_whatever_it_says():
    function = FakeSearch([answer()])
    searches(function).ask("vs_docs", "ann", status=True, caller="bob", store="other")
    assert function.events == [{"status": True, "caller": "ann", "store": "docs"}]
