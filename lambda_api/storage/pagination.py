"""Pages of OpenAI's lists; each page begins after the last id of the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, Field

MOST_ITEMS = 100
"""Most items of a page, whatever is asked for: each item is a read of its own."""

_READS_AT_ONCE = 16

Order = Literal["asc", "desc"]
"""Of a list, by the time at which things were made: the newest last, or first."""


class Listed(BaseModel):
    """An object that lists can hold."""

    id: str


Item = TypeVar("Item", bound=Listed)
Key = TypeVar("Key")


class Page(BaseModel, Generic[Item]):
    """A part of a list."""

    object: Literal["list"] = "list"
    data: list[Item]
    first_id: str | None
    last_id: str | None
    has_more: bool = Field(description="Whether items follow the last one.")


def page_of(keys: Iterable[Key], read: Callable[[Key], Item | None], limit: int) -> Page[Item]:
    """Return the first page of a list.

    Args:
        keys: The keys of the list's items, in order; read as far as needed.
        read: Returns the item of a key; None if it is not to be listed.
        limit: Most items on the page.
    """
    wanted = min(limit, MOST_ITEMS)
    remaining = iter(keys)
    found: list[Item] = []
    with ThreadPoolExecutor(_READS_AT_ONCE) as reads:
        while len(found) <= wanted and (some := list(islice(remaining, wanted + 1))):
            found += [item for item in reads.map(read, some) if item is not None]
    shown = found[:wanted]
    return Page(
        data=shown,
        first_id=shown[0].id if shown else None,
        last_id=shown[-1].id if shown else None,
        has_more=len(found) > wanted,
    )


def after_in(ids: Iterable[str], after: str) -> Iterator[str]:
    """Return the ids that follow `after` in a list of any order; all ids if `after` is empty."""
    remaining = iter(ids)
    if after:
        next((True for found in remaining if found == after), False)
    return remaining
