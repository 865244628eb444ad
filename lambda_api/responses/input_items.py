"""The list of a response's input items."""

from __future__ import annotations

from pydantic import ConfigDict

from lambda_api.response_requests.items import items_of
from lambda_api.responses.store import KeptResponse
from lambda_api.storage.pagination import Listed, Order, Page, after_in, page_of


class Item(Listed):
    """An item of the conversation, with the fields of its type."""

    model_config = ConfigDict(extra="allow")

    type: str


def page_of_items(kept: KeptResponse, after: str, limit: int, order: Order) -> Page[Item]:
    """Return a page of the conversation that a response answers, earlier turns included.

    Args:
        kept: The response.
        after: The last item of the page before; empty for the first page.
        limit: Most items on the page.
        order: `asc` begins with the oldest item, `desc` with the newest.
    """
    items = {item["id"]: Item(**item) for item in items_of(kept.messages, kept.response.id)}
    ids = list(items) if order == "asc" else list(reversed(items))
    return page_of(after_in(ids, after), items.get, limit)
