"""The routes of the REST API: the one list that API Gateway is built from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

OptionalSection = Literal["async", "batch"]


@dataclass(frozen=True, kw_only=True)
class Route:
    """A method of the REST API and the function behind it.

    Attributes:
        method: HTTP method.
        path: path below API Gateway's stage; braces hold the name of a variable segment, or, with a
            plus, of one or several.
        function: "streaming" sends an answer on as it arrives, "control" sends it whole.
        needs: section of a stage's config without which the route is not there; none if it always
            is.
        is_open: true for callers with neither key nor signature.
    """

    method: str
    path: str
    function: Literal["streaming", "control"] = "control"
    needs: OptionalSection | None = None
    is_open: bool = False


ROUTES = (
    Route(method="POST", path="/v1/chat/completions", function="streaming"),
    Route(method="POST", path="/v1/responses", function="streaming"),
    Route(method="POST", path="/v1/completions", function="streaming"),
    Route(method="GET", path="/v1/models"),
    Route(method="GET", path="/v1/models/{id+}"),
    Route(method="GET", path="/v1/responses/{id}", function="streaming", needs="async"),
    Route(method="GET", path="/v1/responses/{id}/input_items", needs="async"),
    Route(method="DELETE", path="/v1/responses/{id}", needs="async"),
    Route(method="POST", path="/v1/responses/{id}/cancel", needs="async"),
    Route(method="POST", path="/v1/files", needs="batch"),
    Route(method="GET", path="/v1/files", needs="batch"),
    Route(method="GET", path="/v1/files/{id}", needs="batch"),
    Route(method="DELETE", path="/v1/files/{id}", needs="batch"),
    Route(method="GET", path="/v1/files/{id}/content", needs="batch"),
    Route(method="POST", path="/v1/batches", needs="batch"),
    Route(method="GET", path="/v1/batches", needs="batch"),
    Route(method="GET", path="/v1/batches/{id}", needs="batch"),
    Route(method="DELETE", path="/v1/batches/{id}", needs="batch"),
    Route(method="POST", path="/v1/batches/{id}/cancel", needs="batch"),
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
    offered = (route for route in ROUTES if route.needs is None or route.needs in sections)
    return [*offered, *CATCH_ALL]
