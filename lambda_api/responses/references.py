"""References to items of kept responses, which stand for the items themselves.

The AI SDK sends the earlier turns of a conversation as references wherever `store` is not false.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from lambda_api.errors import InvalidRequestError, NotFoundError
from lambda_api.response_requests.items import items_of, response_of
from lambda_api.response_requests.messages import Find
from lambda_api.response_requests.schemas import InputItem
from lambda_api.responses.store import KeptResponse, ResponseStore

MOST_RESPONSES = 100
"""Most responses that one request may refer to: each is a read of the bucket."""

_READS_AT_ONCE = 16


def refers(given: str | Sequence[InputItem]) -> bool:
    """Return True if an input refers to kept items."""
    return not isinstance(given, str) and any(item.kind == "item_reference" for item in given)


def finder(store: ResponseStore, owner: str, given: Sequence[InputItem]) -> Find:
    """Return the finder of the items that an input refers to, all read at once.

    Raises:
        InvalidRequestError: The items are of too many responses.
        StorageError: The storage failed.
    """
    ids = {response_of(item.id) for item in given if item.kind == "item_reference" and item.id}
    responses = sorted(filter(None, ids))
    if len(responses) > MOST_RESPONSES:
        raise InvalidRequestError(
            f"input: the references are to {len(responses)} responses, at most {MOST_RESPONSES} "
            "are allowed, send the other items themselves",
            param="input",
        )
    items: dict[str, InputItem] = {}
    with ThreadPoolExecutor(_READS_AT_ONCE) as reads:
        for found in reads.map(lambda found: _read(store, owner, found), responses):
            items.update((str(item.id), item) for item in found)

    def find(item_id: str, param: str) -> InputItem:
        if item_id not in items:
            raise NotFoundError(f"{param}: there is no item {item_id[:64]!r}", param=param)
        return items[item_id]

    return find


def _read(store: ResponseStore, owner: str, response_id: str) -> Iterable[InputItem]:
    try:
        kept = store.find(owner, response_id)
    except NotFoundError:
        return ()
    return map(InputItem.model_validate, items_in(kept))


def items_in(kept: KeptResponse) -> list[dict[str, object]]:
    """Return the items of a response: those of the conversation, then the output's."""
    return [
        *items_of(kept.messages, kept.response.id),
        *(item.model_dump() for item in kept.response.output),
    ]
