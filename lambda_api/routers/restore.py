"""The route that AWS Lambda Web Adapter calls after a restore, and nobody else can.

aws.github.io/aws-lambda-web-adapter/features/snapstart.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter


def router(path: str, resume: Callable[[], Awaitable[None]]) -> APIRouter:
    """Return the route that calls `resume`."""
    routes = APIRouter()

    @routes.post(path, status_code=204, include_in_schema=False)
    async def after_restore() -> None:
        await resume()

    return routes
