from __future__ import annotations

import json

import pytest

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.service import ChatService
from lambda_api.engine.served_models import ServedModels
from lambda_api.errors import ThrottledError
from lambda_api.retrieval.errors import UnsupportedToolError
from lambda_api.retrieval.grounded_chat import GroundedChat
from lambda_api.retrieval.service import Retrieval
from lambda_api.retrieval.store_names import StoreNames
from lambda_api.retrieval.store_searches import StoreSearches
from lambda_api.streaming.sse import payloads
from tests.support.service.fake_search import FakeSearch, answer, result
from tests.support.service.fake_upstream import FakeUpstream

TOOL = {"type": "file_search", "vector_store_ids": ["vs_docs"]}


def request(**fields):
    messages = [{"role": "user", "content": "when?"}]
    return ChatCompletionRequest.model_validate(
        {"model": "twin", "messages": messages, "tools": [TOOL], **fields}
    )


def grounded(service, function, *, rewrites=False):
    names = StoreNames(["docs"])
    stores = StoreSearches(lambda _seconds: function, names, lambda *_of: False)
    retrieval = Retrieval(stores, 4096, 5, rewrites)
    return GroundedChat(service, retrieval)


def chunk(content, finish=None):
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish}
    return b"data: %b\n\n" % json.dumps({"model": "x", "choices": [choice]}).encode()


def test_a_whole_answer_reads_the_blocks_and_cites_them(service, upstream):
    said = {"message": {"role": "assistant", "content": "At nine [1]."}, "finish_reason": "stop"}
    upstream.answer = json.dumps({"choices": [said]}).encode()
    chat = grounded(service, FakeSearch([answer(result("At nine."))]))
    completion, ground = chat.complete(request(), "me")
    sent = json.loads(upstream.payloads[0])
    assert "<document>\nHours\nAt nine.\n</document>" in sent["messages"][0]["content"]
    assert "tools" not in sent
    (choice,) = json.loads(completion.body)["choices"]
    assert choice["message"]["annotations"] == [
        {"type": "file_citation", "file_id": "file-a.md", "filename": "a.md", "index": 8}
    ]
    assert ground.found.headers


def test_a_stream_ends_with_its_annotations(service, says):
    says(chunk("At nine ["), chunk("1"), chunk("]."), chunk("", "stop"), b"data: [DONE]\n\n")
    chat = grounded(service, FakeSearch([answer(result("At nine."))]))
    _, stream, _ = chat.stream(request(stream=True), "me")
    told = [json.loads(one) for one in payloads(b"".join(stream)) if one != b"[DONE]"]
    deltas = [one["choices"][0]["delta"] for one in told]
    assert ["annotations" in delta for delta in deltas] == [False, False, False, True]
    assert deltas[-1]["annotations"][0]["index"] == 8
    assert {one["model"] for one in told} == {"twin"}


def test_a_search_that_fails_is_an_answer_all_the_same(service, upstream):
    upstream.answer = json.dumps({"choices": [{"message": {"content": "see [1]"}}]}).encode()
    chat = grounded(service, FakeSearch([{"error": {"code": "unavailable", "message": "x"}}]))
    completion, ground = chat.complete(request(), "me")
    assert b"annotations" not in completion.body
    assert ground.found.headers == {"x-features": "none"}
    assert len(json.loads(upstream.payloads[0])["messages"]) == 1


def test_a_stage_without_retrieval_says_which_section_is_missing(service):
    with pytest.raises(UnsupportedToolError, match=r"\[retrieval\]") as caught:
        GroundedChat(service).complete(request(), "me")
    assert (caught.value.code, caught.value.param) == ("unsupported_tool", "tools[0]")


def test_the_prefix_id_is_the_conversations(upstream):
    service = ChatService(ServedModels("twin"), lambda: upstream, is_prefix_aware=True)
    upstream.answer = json.dumps({"choices": [{"message": {"content": "x"}}]}).encode()
    plain = request(tools=None)
    GroundedChat(service).complete(plain, "me")
    for text in ("one", "two"):
        grounded(service, FakeSearch([answer(result(text))])).complete(request(), "me")
    assert len(set(upstream.prefixes)) <= 2
    assert upstream.prefixes[1] == upstream.prefixes[2]


def test_a_search_is_noted_whatever_becomes_of_the_answer(service, upstream):
    upstream.answer, noted = ThrottledError("slow down"), []
    failing = FakeSearch([{"error": {"code": "unavailable", "message": "x"}}])
    chat = grounded(service, failing).noting(noted.append)
    with pytest.raises(ThrottledError):
        chat.complete(request(), "me")
    assert [found.failed for found in noted] == ["search"]


def test_questions_are_rewritten_over_the_first_upstream(service, upstream):
    """The one of a request that waits for capacity takes one call, which is the answer's."""
    said = {"choices": [{"message": {"content": "When does it close?"}}]}
    upstream.answer = json.dumps(said).encode()
    held = FakeUpstream(json.dumps(said).encode())
    function = FakeSearch()
    chat = grounded(service, function, rewrites=True).with_upstream(held)
    chat.complete(request(), "me")
    assert (len(upstream.payloads), len(held.payloads)) == (1, 1)
    assert [event["query"] for event in function.events] == ["when?", "When does it close?"]
