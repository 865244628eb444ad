from __future__ import annotations

import pytest

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.errors import InvalidRequestError
from lambda_api.retrieval.chat_tool import take_file_search

SEARCH = {"type": "file_search", "vector_store_ids": ["vs_docs"]}
FUNCTION = {"type": "function", "function": {"name": "f"}}


def request(**fields):
    messages = [{"role": "user", "content": "hi", "name": "x"}]
    return ChatCompletionRequest.model_validate(
        {"model": "twin", "messages": messages, "max_tokens": 5, "top_k": 3, **fields}
    )


def test_a_request_without_the_tool_is_left_alone():
    for asked in (request(), request(tools=[FUNCTION]), request(tools=None)):
        assert take_file_search(asked) == (None, asked)


def test_the_tool_is_taken_out_with_what_needs_tools():
    asked = request(tools=[SEARCH], tool_choice="required", parallel_tool_calls=True)
    search, plain = take_file_search(asked)
    assert search.store_ids == ("vs_docs",)
    assert plain == request()


def test_functions_stay_with_their_choice():
    search, plain = take_file_search(request(tools=[FUNCTION, SEARCH], tool_choice="auto"))
    assert search is not None
    assert plain == request(tools=[FUNCTION], tool_choice="auto")
    _, plain = take_file_search(
        request(tools=[FUNCTION, SEARCH], tool_choice={"type": "file_search"})
    )
    assert plain == request(tools=[FUNCTION])


def test_none_searches_nothing():
    assert take_file_search(request(tools=[SEARCH], tool_choice="none")) == (None, request())


def test_one_is_enough():
    with pytest.raises(InvalidRequestError, match="once"):
        take_file_search(request(tools=[SEARCH, SEARCH]))
