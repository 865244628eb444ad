from __future__ import annotations

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.errors import ContextLengthError
from lambda_api.response_objects.begin import begun
from lambda_api.response_requests.schemas import ResponseRequest
from lambda_api.responses.draft import Draft
from lambda_api.responses.store import KeptResponse
from lambda_api.retrieval.grounding import Found, Grounding
from lambda_api.retrieval.passages import Passage
from tests.support.service.fake_search import result


def draft(**fields):
    asked = ResponseRequest.model_validate({"model": "twin", "input": "x", **fields})
    said = [{"role": role, "content": text} for role, text in [("user", "a" * 99), ("user", "b")]]
    chat = ChatCompletionRequest.model_validate({"model": "twin", "messages": said})
    found = Found(("b",), (Passage.of("docs", result("At nine.")),))
    kept = KeptResponse(response=begun(asked, is_kept=False), messages=[])
    return Draft(chat, kept, Grounding(found, 4096))


def test_a_conversation_that_is_cut_keeps_its_blocks():
    """The last block goes first, then the oldest turn, and the block may come back."""
    asked = []

    def ask(request):
        asked.append([message.role for message in request.messages])
        if len(asked) < 3:
            raise ContextLengthError("too long")
        return "ok"

    assert draft(truncation="auto").asked_of(ask) == "ok"
    assert asked == [["system", "user", "user"], ["user", "user"], ["system", "user"]]


def test_the_search_is_an_item_of_the_response():
    made = draft().named(f"resp_{'1' * 32}")
    assert made.search.id == f"fs_{'1' * 32}o0"
    assert Draft(made.chat, made.kept).search is None
