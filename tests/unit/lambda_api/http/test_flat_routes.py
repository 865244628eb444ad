"""A router's routes as the app's own: each answers, is described, and is matched once."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from lambda_api.http.flat_routes import add_routes


def test_routes_keep_prefix_and_tags_and_lie_in_the_app_itself() -> None:
    router = APIRouter(prefix="/v1", tags=["things"])

    @router.get("/things/{number}")
    def thing(number: int) -> dict[str, int]:
        return {"number": number}

    app = FastAPI()
    add_routes(app, router)

    assert TestClient(app).get("/v1/things/7").json() == {"number": 7}
    assert app.openapi()["paths"]["/v1/things/{number}"]["get"]["tags"] == ["things"]
    assert isinstance(app.routes[-1], APIRoute)
