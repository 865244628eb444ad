"""References to kept items."""

from __future__ import annotations

import pytest

from lambda_api.errors import InvalidRequestError, NotFoundError
from lambda_api.response_objects.begin import begun
from lambda_api.response_objects.from_chat_answer import outcome_of, placed
from lambda_api.response_requests.schemas import InputItem, ResponseRequest
from lambda_api.responses.references import MOST_RESPONSES, finder, items_in, refers
from lambda_api.responses.store import KeptResponse, ResponseStore
from tests.support.service.fake_queue import answer
from tests.support.service.memory_store import MemoryStore


@pytest.fixture
def store():
    return ResponseStore(MemoryStore())


@pytest.fixture
def kept(store):
    response = begun(ResponseRequest(model="twin", input="hi"), is_kept=True)
    outcome = placed(outcome_of(answer("Hello")), response.id)
    response = response.model_copy(update=dict(outcome))
    kept = KeptResponse(response=response, messages=[{"role": "user", "content": "hi"}])
    store.keep("me", kept)
    return kept


def reference(item_id):
    return InputItem(type="item_reference", id=item_id)


def test_each_item_of_a_response_is_found(store, kept):
    ids = [item["id"] for item in items_in(kept)]
    find = finder(store, "me", [reference(item_id) for item_id in ids])

    assert [find(item_id, "input[0].id").role for item_id in ids] == ["user", "assistant"]


def test_another_owners_items_are_not_found(store, kept):
    item_id = kept.response.output[0].id

    with pytest.raises(NotFoundError) as caught:
        finder(store, "you", [reference(item_id)])(item_id, "input[0].id")
    assert caught.value.param == "input[0].id"


@pytest.mark.parametrize("item_id", ["", "msg_1", f"msg_{'0' * 32}o0", f"msg_{'0' * 32}o0/../x"])
def test_what_is_no_kept_item_is_not_found(store, item_id):
    with pytest.raises(NotFoundError):
        finder(store, "me", [reference(item_id)])(item_id, "input[0].id")


def test_references_lead_to_a_bounded_number_of_responses(store):
    given = [reference(f"msg_{n:032x}o0") for n in range(MOST_RESPONSES + 1)]

    with pytest.raises(InvalidRequestError, match="at most 100"):
        finder(store, "me", given)
    finder(store, "me", given[1:] * 2)


def test_text_and_whole_items_refer_to_nothing():
    assert not refers("hi")
    assert not refers([InputItem(role="user", content="hi")])
    assert refers([reference("msg_1")])
