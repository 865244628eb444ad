from __future__ import annotations

import threading
import time

import pytest

from lambda_api.chat.schemas import ChatCompletionRequest, Message
from lambda_api.errors import InvalidRequestError, NotFoundError, ThrottledError
from lambda_api.retrieval.errors import RetrievalError
from lambda_api.retrieval.file_search import FileSearch
from lambda_api.retrieval.service import Retrieval, last_question
from lambda_api.retrieval.store_names import PREFIX, StoreNames
from lambda_api.retrieval.store_searches import StoreSearches
from lambda_api.storage.object_ids import new_id
from tests.support.service.fake_search import AS_OF, FakeSearch, answer, error, result

SEARCH = FileSearch(("vs_docs",), param="tools[0]")


def request(*contents):
    messages = [{"role": "user", "content": content} for content in contents]
    return ChatCompletionRequest.model_validate({"model": "twin", "messages": messages})


def retrieval(function, *, made=(), seconds=5.0, rewrite_seconds=0.0):
    stores = StoreSearches(
        lambda _seconds: function,
        StoreNames(["docs", "more"]),
        lambda owner, store_id: (owner, store_id) in made,
    )
    return Retrieval(stores, 4096, seconds, bool(rewrite_seconds), rewrite_seconds)


def test_the_last_message_is_searched_for_and_what_is_found_is_the_ground():
    function = FakeSearch([answer(result("At nine."))])
    found = retrieval(function).ground(SEARCH, request("hello", "when?"), "me").found
    assert [passage.text for passage in found.passages] == ["At nine."]
    assert (found.queries, found.as_of, found.failed) == (("asked",), AS_OF, None)
    assert function.events == [
        {"store": "docs", "query": "when?", "caller": "me", "top_k": 10, "threshold": 0.0}
    ]


def test_several_stores_are_searched_and_the_oldest_time_is_told():
    function = FakeSearch([answer(result("one")), {**answer(result("two")), "as_of": "2020"}])
    both = FileSearch(("vs_docs", "vs_more"))
    found = retrieval(function).ground(both, request("when?"), "me").found
    assert {event["store"] for event in function.events} == {"docs", "more"}
    assert found.as_of == "2020"
    assert len(found.passages) == 2


@pytest.mark.parametrize(
    "failure", [RetrievalError("gone", reason="timeout"), error("unavailable", "away")]
)
def test_a_failed_search_is_an_answer_without(failure):
    found = retrieval(FakeSearch([failure])).ground(SEARCH, request("when?"), "me").found
    assert (found.failed, found.passages, found.queries) == ("search", (), ("when?",))


def test_a_search_that_takes_too_long_is_not_waited_for():
    release = threading.Event()

    def slow(_event):
        release.wait(30)
        return answer()

    began = time.monotonic()
    found = retrieval(slow, seconds=0.05).ground(SEARCH, request("when?"), "me").found
    release.set()
    assert found.failed == "search"
    assert time.monotonic() - began < 20


def test_after_three_failures_nothing_is_tried():
    function = FakeSearch([RetrievalError("gone")])
    searching = retrieval(function)
    stages = [searching.ground(SEARCH, request("x"), "me").found.failed for _ in range(5)]
    assert stages == ["search"] * 3 + ["circuit"] * 2
    assert len(function.events) == 3
    other = searching.ground(SEARCH, request("x"), "other").found.failed
    assert other == "search", "one caller's failures stop no other's searches"


def test_what_cannot_be_searched_is_the_callers_error():
    function = FakeSearch([error("invalid_request", "filters is odd", "filters")])
    with pytest.raises(InvalidRequestError) as caught:
        retrieval(function).ground(SEARCH, request("x"), "me")
    assert (caught.value.message, caught.value.param) == ("filters is odd", "tools[0].filters")


def test_a_store_that_is_not_there_and_anothers_read_the_same():
    store = new_id(PREFIX, 1.0)
    function = FakeSearch([error("store_not_found")])
    searching = retrieval(function, made={("ann", store)})
    for store_id, owner in ((store, "bob"), ("vs_docs", "bob"), ("vs_none", "bob")):
        with pytest.raises(NotFoundError) as caught:
            searching.ground(FileSearch((store_id,)), request("x"), owner)
        assert caught.value.message == f"there is no vector store {store_id!r}"
    found = searching.ground(FileSearch((store,)), request("x"), "ann").found
    assert (found.failed, found.passages) == (None, ())


def test_a_message_without_text_is_searched_for_nothing():
    function = FakeSearch()
    image = [{"type": "image_url", "image_url": {"url": "data:x"}}]
    assert retrieval(function).ground(SEARCH, request(image), "me").found.queries == ()
    assert function.events == []


def test_a_rewritten_question_is_searched_beside_the_message():
    function = FakeSearch([answer(result("a"), query="it?"), answer(result("b"), query="When?")])
    searching = retrieval(function, rewrite_seconds=5)
    found = searching.ground(SEARCH, request("it?"), "me", lambda *_of: "When?").found
    assert [event["query"] for event in function.events] == ["it?", "When?"]
    assert found.queries == ("it?", "When?")


@pytest.mark.parametrize("failure", [ThrottledError("busy"), None])
def test_a_question_that_is_not_rewritten_is_searched_as_it_is(failure):
    def rewrite(_messages, _stop):
        if failure:
            raise failure

    function = FakeSearch()
    searching = retrieval(function, rewrite_seconds=5)
    assert searching.ground(SEARCH, request("it?"), "me", rewrite).found.failed is None
    assert [event["query"] for event in function.events] == ["it?"]


@pytest.mark.parametrize("failure", [RetrievalError("away"), error("store_not_found")])
def test_what_the_message_finds_stands_if_the_rewritten_question_finds_nothing(failure):
    function = FakeSearch([answer(result("At nine."), query="it?"), failure])
    searching = retrieval(function, rewrite_seconds=5)
    found = searching.ground(SEARCH, request("it?"), "me", lambda *_of: "When?").found
    assert [event["query"] for event in function.events] == ["it?", "When?"]
    assert [passage.text for passage in found.passages] == ["At nine."]
    assert (found.failed, found.queries) == (None, ("it?",))


def test_a_rewrite_has_its_time_from_the_beginning_and_is_then_stopped():
    stopped = threading.Event()

    def hang(_messages, stop):
        stop.closes(stopped.set)
        stopped.wait(30)

    def slow(_event):
        time.sleep(0.5)
        return answer(result("At nine."))

    searching = retrieval(slow, rewrite_seconds=0.6)
    began = time.monotonic()
    found = searching.ground(SEARCH, request("it?"), "me", hang).found
    assert time.monotonic() - began < 1.05
    assert stopped.is_set()
    assert [passage.text for passage in found.passages] == ["At nine."]


def test_without_the_messages_finds_no_rewrite_is_waited_for():
    stopped = threading.Event()

    def hang(_messages, stop):
        stop.closes(stopped.set)
        stopped.wait(30)

    failing = retrieval(FakeSearch([RetrievalError("away")]), rewrite_seconds=20)
    began = time.monotonic()
    assert failing.ground(SEARCH, request("it?"), "me", hang).found.failed == "search"
    assert time.monotonic() - began < 15
    assert stopped.wait(10)


def test_a_search_by_itself_waits_for_all_rewrites_at_once():
    searching = retrieval(FakeSearch(), rewrite_seconds=0.4)
    stopped = threading.Event()
    began = time.monotonic()
    searching.search(SEARCH, list("abcde"), "me", lambda *_of: stopped.wait(30) and None)
    stopped.set()
    assert time.monotonic() - began < 1.9


def test_an_open_circuit_is_told_in_the_log(caplog):
    searching = retrieval(FakeSearch([RetrievalError("gone")]))
    for _ in range(4):
        searching.ground(SEARCH, request("x"), "me")
    assert "retrieval was not tried" in caplog.messages[-1]


def test_a_search_by_itself_fails_aloud():
    with pytest.raises(RetrievalError):
        retrieval(FakeSearch([error("unavailable", "away")])).search(SEARCH, ["x"], "me")
    found = retrieval(FakeSearch([answer(result("a"))])).search(SEARCH, ["x"], "me")
    assert [passage.text for passage in found.passages] == ["a"]


def test_of_a_long_question_the_beginning_is_sent():
    function = FakeSearch()
    retrieval(function).search(SEARCH, ["x" * 1_000_000], "me")
    assert [len(event["query"]) for event in function.events] == [4000]


def test_each_question_of_a_search_by_itself_is_rewritten_or_stays():
    function = FakeSearch()
    sentences = {"it?": "When does it close?", "more?": None}
    retrieval(function).search(
        SEARCH, list(sentences), "me", lambda messages, _stop: sentences[messages[0].content]
    )
    assert sorted(event["query"] for event in function.events) == ["When does it close?", "more?"]


def test_the_question_is_the_text_of_the_last_message_of_the_user():
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    said = [Message(role="user", content=parts), Message(role="assistant", content="x")]
    assert last_question(said) == "one two"
    assert last_question([Message(role="system", content="x")]) == ""
