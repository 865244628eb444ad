"""API Gateway offers the routes that the service serves, in every kind of stage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lambda_api.http.caller import OPEN_PATHS
from lambda_api.main import create_app
from lambda_api.settings import Settings
from stacks.constructs.api.routes import CATCH_ALL
from tests.support.synthesized import Synthesized
from tests.support.synthesizer import Synthesizer, copy_project, prepare_jsii

prepare_jsii()

Route = tuple[str, str]

STAGES: dict[str, dict[str, Any]] = {
    "bare": {"asynchronous": None, "batch": None},
    "async": {"batch": None},
    "batch": {"asynchronous": None},
    "both": {},
    "retrieval": {
        "asynchronous": None,
        "batch": None,
        "retrieval": {"stores": [{"name": "docs"}]},
    },
}

FUNCTIONS = ("run.sh", "lambda_api.handlers.control.handler")
"""Handlers of the functions that run the app."""

_HEAD = "the catch-all takes it, as HEAD of every other path"
_KEPT = "answers 404 in OpenAI's shape without [async], by the catch-all"
NOT_OFFERED: dict[Route, str] = {
    ("HEAD", "/docs"): _HEAD,
    ("HEAD", "/openapi.json"): _HEAD,
}
"""Routes of the service that no stage offers, and why."""

KEPT_RESPONSES: dict[Route, str] = {
    ("GET", "/v1/responses/{id}"): _KEPT,
    ("GET", "/v1/responses/{id}/input_items"): _KEPT,
    ("DELETE", "/v1/responses/{id}"): _KEPT,
    ("POST", "/v1/responses/{id}/cancel"): _KEPT,
}
"""Routes of the service that a stage without [async] does not offer, and why."""


@pytest.fixture(scope="module")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Synthesizer:
    return Synthesizer(copy_project(tmp_path_factory.mktemp("project")), tmp_path_factory.mktemp)


def routes(router: Any) -> Iterator[Any]:
    """Every route of a FastAPI app or router, with those of included routers."""
    for route in router.routes:
        included = getattr(route, "original_router", None)
        yield from routes(included) if included else [route]


def served(stage: Synthesized, handler: str, monkeypatch: pytest.MonkeyPatch) -> set[Route]:
    """The routes of the app in the environment that a stage gives a function."""
    with monkeypatch.context() as environment:
        for name, value in stage.api.environment(handler).items():
            environment.setenv(name, value)
        app = create_app(Settings.from_environment())
    return {
        (method, re.sub(r"\{[^}]+\}", "{id}", route.path))
        for route in routes(app)
        for method in route.methods
    }


def named(stage: Synthesized) -> set[Route]:
    """The routes of a stage but for the catch-all, which every stage has."""
    catch_all = {(route.method, route.path.rstrip("/")) for route in CATCH_ALL}
    methods = set(stage.api.methods())
    assert methods >= catch_all
    return methods - catch_all


@pytest.mark.parametrize("kind", STAGES)
def test_what_is_served_is_offered(
    synthesize: Callable[..., Synthesized], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    stage = synthesize("prod", **STAGES[kind])
    offered = {(method, re.sub(r"\{[^}]+\}", "{id}", path)) for method, path in named(stage)}
    differences = NOT_OFFERED | ({} if "async" in stage.stacks else KEPT_RESPONSES)
    assert offered.isdisjoint(differences)
    for handler in FUNCTIONS:
        assert served(stage, handler, monkeypatch) == offered | differences.keys(), handler


def test_what_the_gateway_opens_the_service_opens(
    synthesize: Callable[..., Synthesized],
) -> None:
    methods = synthesize("prod", **STAGES["both"]).api.methods()
    # A preflight comes without a key; the service lets OPTIONS pass on every path.
    is_open = {
        path
        for (verb, path), method in methods.items()
        if method["AuthorizationType"] == "NONE" and verb != "OPTIONS"
    }
    assert is_open == OPEN_PATHS
