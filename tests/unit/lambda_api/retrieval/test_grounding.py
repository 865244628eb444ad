from __future__ import annotations

import pytest

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.errors import ContextLengthError, ThrottledError
from lambda_api.retrieval.grounding import Found, Grounding
from lambda_api.retrieval.passages import Passage
from tests.support.service.fake_search import AS_OF, result

REQUEST = ChatCompletionRequest.model_validate(
    {"model": "twin", "messages": [{"role": "user", "content": "when?"}]}
)


def ground(*texts):
    found = [
        Passage.of("docs", result(text, file=f"{number}.md")) for number, text in enumerate(texts)
    ]
    return Grounding(Found(("when?",), tuple(found), AS_OF), 4096)


def test_what_is_too_long_loses_its_last_block_once():
    asked = []

    def ask(request):
        asked.append(request.messages[0].content)
        if len(asked) == 1:
            raise ContextLengthError("too long")
        return "ok"

    grounds = ground("one", "two")
    assert grounds.asked(ask, REQUEST) == "ok"
    assert ["two" in said for said in asked] == [True, False]
    assert grounds.files == [("file-0.md", "0.md")]

    def refuse(_request):
        raise ContextLengthError("too long")

    with pytest.raises(ContextLengthError):
        ground("one", "two").asked(refuse, REQUEST)


def test_another_error_is_not_tried_again():
    asked = []

    def ask(request):
        asked.append(request)
        raise ThrottledError("slow down")

    with pytest.raises(ThrottledError):
        ground("one").asked(ask, REQUEST)
    assert len(asked) == 1


def test_headers_say_as_of_when_or_that_nothing_was_searched():
    assert Found(as_of=AS_OF).headers == {"x-features-as-of": AS_OF}
    assert Found(failed="search").headers == {"x-features": "none"}
    assert Found().headers == {}


def test_without_a_search_the_request_is_as_it_was():
    assert Grounding().asked(lambda request: request, REQUEST) is REQUEST
