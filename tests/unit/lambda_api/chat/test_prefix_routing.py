"""The prefix id: the same for every turn of a conversation, another for another one."""

from __future__ import annotations

import json
import re

import pytest

from lambda_api.chat.prefix_routing import prefix_id
from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.service import ChatService
from lambda_api.engine.served_models import ServedModels
from lambda_api.response_requests.schemas import ResponseRequest
from lambda_api.responses.service import ResponseService
from lambda_api.responses.store import ResponseStore
from lambda_api.retrieval.grounded_chat import GroundedChat
from tests.support.service.fake_queue import answer
from tests.support.service.fake_upstream import FakeUpstream
from tests.support.service.memory_store import MemoryStore

ALLOWED = re.compile(r"\S[ -~]{0,63}")
"""botocore's pattern and length of PrefixAwareId."""
RULES = {"role": "system", "content": "be kind"}
HI = {"role": "user", "content": "hi"}
TURNS = [{"role": "assistant", "content": "Hello"}, {"role": "user", "content": "and now?"}]


def chat(*messages, **fields):
    body = {"model": "twin", "messages": list(messages), **fields}
    return ChatCompletionRequest.model_validate(body)


def test_every_turn_of_a_conversation_has_one_id():
    ids = {prefix_id(chat(RULES, HI, *TURNS[:turn])) for turn in range(3)}

    assert len(ids) == 1
    assert ALLOWED.fullmatch(ids.pop())


def test_another_beginning_is_another_conversation():
    others = [
        chat(HI),
        chat(RULES, HI),
        chat(RULES | {"content": "be brief"}, HI),
        chat(RULES, HI | {"content": "hey"}),
        chat(RULES, HI | {"content": [{"type": "image_url", "image_url": {"url": "x"}}]}),
        chat(RULES),
    ]

    assert len(set(map(prefix_id, others))) == len(others)


@pytest.mark.parametrize("key", ["user-1", "!" * 64])
def test_a_key_of_the_client_is_the_id(key):
    assert prefix_id(chat(HI, prompt_cache_key=key)) == key


@pytest.mark.parametrize("key", ["x" * 65, "Grüß dich", " ", "a\nb", "two words", "\ud800"])
def test_a_key_that_cannot_be_an_id_becomes_one(key):
    found = prefix_id(chat(HI, prompt_cache_key=key))

    assert ALLOWED.fullmatch(found)
    assert found == prefix_id(chat(RULES, HI, prompt_cache_key=key))
    assert found != prefix_id(chat(HI))


def test_the_key_does_not_reach_the_engine():
    assert "prompt_cache_key" not in json.loads(chat(HI, prompt_cache_key="k").payload())


@pytest.fixture
def upstream():
    return FakeUpstream(answer("Hello"))


@pytest.fixture
def chats(upstream):
    return ChatService(ServedModels("twin"), lambda: upstream, is_prefix_aware=True)


def test_an_endpoint_that_does_not_route_by_prefix_gets_no_id(upstream):
    ChatService(ServedModels("twin"), lambda: upstream).complete(chat(HI))

    assert upstream.prefixes == [None]


def test_whole_answers_and_streams_are_routed_alike(chats, upstream):
    chats.complete(chat(RULES, HI))
    chats.stream(chat(RULES, HI, *TURNS, stream=True))

    assert upstream.prefixes == [prefix_id(chat(RULES, HI))] * 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        ({"instructions": "be kind"}, {"instructions": "be kind"}),
        ({"instructions": "be kind"}, {"instructions": "be brief"}),
        ({"prompt_cache_key": "k"}, {"prompt_cache_key": "k"}),
        ({"prompt_cache_key": "k"}, {}),
    ],
)
def test_a_chain_of_responses_keeps_its_id(chats, upstream, first, second):
    store = ResponseStore(MemoryStore())
    responses = ResponseService(GroundedChat(chats), lambda: store)

    def create(text, **fields):
        request = ResponseRequest.model_validate({"model": "twin", "input": text, **fields})
        return responses.create(request, "me")[0].id

    two = create("two", previous_response_id=create("one", **first), **second)
    create("three", previous_response_id=two)
    create("something else")

    assert len(set(upstream.prefixes[:3])) == 1
    assert upstream.prefixes[3] != upstream.prefixes[0]
