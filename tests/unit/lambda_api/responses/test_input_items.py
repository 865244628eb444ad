"""Pages of a response's input items."""

from __future__ import annotations

from lambda_api.response_objects.begin import begun
from lambda_api.response_requests.schemas import ResponseRequest
from lambda_api.responses.input_items import page_of_items
from lambda_api.responses.store import KeptResponse

KEPT = KeptResponse(
    response=begun(ResponseRequest(model="twin", input="hi"), is_kept=True),
    messages=[{"role": "user", "content": str(n)} for n in range(3)],
)


def texts(page):
    return [item.content[0]["text"] for item in page.data]


def test_pages_follow_each_other_in_both_orders():
    first = page_of_items(KEPT, "", 2, "desc")
    last = page_of_items(KEPT, first.last_id, 2, "desc")

    assert (texts(first), first.has_more) == (["2", "1"], True)
    assert (texts(last), last.has_more) == (["0"], False)
    assert texts(page_of_items(KEPT, last.last_id, 1, "asc")) == ["1"]


def test_nothing_follows_an_unknown_item():
    assert page_of_items(KEPT, "msg_x", 2, "desc").data == []
