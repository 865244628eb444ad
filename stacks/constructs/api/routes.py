"""The routes of the REST API: the one list that API Gateway is built from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

OptionalSection = Literal["async", "batch", "retrieval"]


@dataclass(frozen=True, kw_only=True)
class Route:
    """A method of the REST API and the function behind it.

    Attributes:
        method: HTTP method.
        path: path below API Gateway's stage; braces hold the name of a variable segment, or, with a
            plus, of one or several.
        function: "streaming" sends an answer on as it arrives, "control" sends it whole.
        needs: sections of a stage's config of which one is enough for the route to be there; none
            if it always is.
        is_open: true for callers with neither key nor signature.
    """

    method: str
    path: str
    function: Literal["streaming", "control"] = "control"
    needs: tuple[OptionalSection, ...] = ()
    is_open: bool = False


_FILES: tuple[OptionalSection, ...] = ("batch", "retrieval")
_STORES: tuple[OptionalSection, ...] = ("retrieval",)
_STORE = "/v1/vector_stores/{id}"
_STORE_FILE = "/v1/vector_stores/{id}/files/{file_id}"
_FILE_BATCH = "/v1/vector_stores/{id}/file_batches/{file_batch_id}"

ROUTES = (
    Route(method="POST", path="/v1/chat/completions", function="streaming"),
    Route(method="POST", path="/v1/responses", function="streaming"),
    Route(method="POST", path="/v1/completions", function="streaming"),
    Route(method="GET", path="/v1/models"),
    Route(method="GET", path="/v1/models/{id+}"),
    Route(method="GET", path="/v1/responses/{id}", function="streaming", needs=("async",)),
    Route(method="GET", path="/v1/responses/{id}/input_items", needs=("async",)),
    Route(method="DELETE", path="/v1/responses/{id}", needs=("async",)),
    Route(method="POST", path="/v1/responses/{id}/cancel", needs=("async",)),
    Route(method="POST", path="/v1/files", needs=_FILES),
    Route(method="GET", path="/v1/files", needs=_FILES),
    Route(method="GET", path="/v1/files/{id}", needs=_FILES),
    Route(method="DELETE", path="/v1/files/{id}", needs=_FILES),
    Route(method="GET", path="/v1/files/{id}/content", needs=_FILES),
    Route(method="POST", path="/v1/batches", needs=("batch",)),
    Route(method="GET", path="/v1/batches", needs=("batch",)),
    Route(method="GET", path="/v1/batches/{id}", needs=("batch",)),
    Route(method="DELETE", path="/v1/batches/{id}", needs=("batch",)),
    Route(method="POST", path="/v1/batches/{id}/cancel", needs=("batch",)),
    Route(method="POST", path="/v1/vector_stores", needs=_STORES),
    Route(method="GET", path="/v1/vector_stores", needs=_STORES),
    Route(method="GET", path=_STORE, needs=_STORES),
    Route(method="POST", path=_STORE, needs=_STORES),
    Route(method="DELETE", path=_STORE, needs=_STORES),
    # It only reads, and asks the model for a sentence if told to.
    Route(method="POST", path=f"{_STORE}/search", function="streaming", needs=_STORES),
    Route(method="POST", path=f"{_STORE}/files", needs=_STORES),
    Route(method="GET", path=f"{_STORE}/files", needs=_STORES),
    Route(method="GET", path=_STORE_FILE, needs=_STORES),
    Route(method="POST", path=_STORE_FILE, needs=_STORES),
    Route(method="DELETE", path=_STORE_FILE, needs=_STORES),
    Route(method="GET", path=f"{_STORE_FILE}/content", needs=_STORES),
    Route(method="POST", path=f"{_STORE}/file_batches", needs=_STORES),
    Route(method="GET", path=_FILE_BATCH, needs=_STORES),
    Route(method="POST", path=f"{_FILE_BATCH}/cancel", needs=_STORES),
    Route(method="GET", path=f"{_FILE_BATCH}/files", needs=_STORES),
    Route(method="POST", path="/rag", function="streaming", needs=("retrieval",)),
    Route(method="GET", path="/health", is_open=True),
    Route(method="GET", path="/docs", is_open=True),
    Route(method="GET", path="/openapi.json", is_open=True),
)
"""Every route; `tests/contract/test_routes.py` holds the list to what the service serves."""

CATCH_ALL = (
    Route(method="ANY", path="/"),
    Route(method="ANY", path="/{proxy+}"),
    # A browser's preflight carries no key.
    Route(method="OPTIONS", path="/{proxy+}", is_open=True),
)
"""Routes of what no other route takes: the app says so in its own words. API Gateway goes by path
and method together, so they also get other methods of a path that is known."""


def routes_with(sections: Collection[OptionalSection]) -> list[Route]:
    """Return the routes of a stage that has some of the optional sections, and the catch-all."""
    offered = (route for route in ROUTES if not route.needs or set(route.needs) & set(sections))
    return [*offered, *CATCH_ALL]
