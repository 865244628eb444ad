"""Two keys over every route, header and id, through both doors: neither sees the other.

The cases are made from the routes that the app has. A new route is tried with another key's ids as
soon as it is there; where that takes a body, the route is named here until it has one.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from mangum import Mangum

from lambda_api.http.caller import OPEN_PATHS
from lambda_api.main import create_app
from lambda_api.settings import Settings
from tests.support.eventually import LONG
from tests.support.service.batch_world import Executions, jsonl, request
from tests.support.service.doors import CONTEXT, Door, MangumDoor, WebAdapterDoor, context
from tests.support.service.fake_queue import FakeQueue, answer
from tests.support.service.fake_upstream import FakeUpstream
from tests.support.service.memory_leases import MemoryLeaseTable
from tests.support.service.memory_store import MemoryStore
from tests.support.service.serving import served
from tests.support.service.vector_store_world import Ingestion

ANN, BOB = "annskey", "bobskey"
SECRET = "ann-has-a-secret"
SETTINGS = Settings(
    stage="local",
    endpoint_name="twin-local",
    model_id="twin",
    engine="vllm",
    root_path="/live",
    caller_identity="key",
    async_endpoint_name="twin-local-async",
    async_bucket="jobs",
    batch_bucket="jobs",
    quota_table="quotas",
    max_open_batches=1000,
    max_background_responses=5000,
    max_stored_files=5000,
    retrieval_search_function="search",
    retrieval_bucket="features",
    context_length=4096,
)

_PAGES = "a page for people, the same for all"
NO_OBJECTS: dict[str, str] = {
    "/v1/models": "the one model is everybody's",
    "/v1/models/{requested_id:path}": "the one model is everybody's",
    "/health": "says nothing of callers",
    "/docs": _PAGES,
    "/docs/oauth2-redirect": _PAGES,
    "/redoc": _PAGES,
    "/openapi.json": _PAGES,
}
"""Paths behind which no caller has anything, and why; tried with every header all the same."""

KINDS = {
    "file_id": "file",
    "batch_id": "batch",
    "response_id": "response",
    "vector_store_id": "store",
    "file_batch_id": "file_batch",
}
"""The kind of object that a path's variable names."""

CHAT = {"model": "twin", "messages": [{"role": "user", "content": "hi"}]}
ASK = {"model": "twin", "input": "hi"}
BATCH = {"endpoint": "/v1/chat/completions", "completion_window": "24h"}
FILE = {"filename": "b.jsonl", "bytes": 5, "purpose": "batch"}
STORE = "/v1/vector_stores/{vector_store_id}"
SEARCH = {"type": "file_search", "vector_store_ids": ["{id}"]}

BODIES: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("POST", "/v1/chat/completions"): [
        {**CHAT, "prompt_cache_key": "{id}"},
        {**CHAT, "metadata": {"id": "{id}"}, "user": "{id}"},
        {**CHAT, "tools": [SEARCH]},
    ],
    ("POST", "/v1/completions"): [{"model": "twin", "prompt": "hi", "user": "{id}"}],
    ("POST", "/v1/responses"): [
        {**ASK, "previous_response_id": "{id}"},
        {**ASK, "previous_response_id": "{id}", "background": True},
        {**ASK, "previous_response_id": "{id}", "stream": True},
        {**ASK, "input": [{"type": "item_reference", "id": "{id}"}]},
        {**ASK, "conversation": "{id}"},
        {**ASK, "tools": [SEARCH]},
        {**ASK, "prompt": {"id": "{id}"}},
        {**ASK, "prompt_cache_key": "{id}", "metadata": {"id": "{id}"}, "user": "{id}"},
    ],
    ("POST", "/v1/batches"): [{**BATCH, "input_file_id": "{id}", "metadata": {"id": "{id}"}}],
    ("POST", "/v1/files"): [{**FILE, "id": "{id}", "file_id": "{id}"}],
    ("POST", "/v1/vector_stores"): [{"file_ids": ["{id}"], "id": "{id}"}],
    ("POST", STORE): [{"name": "{id}"}],
    ("POST", f"{STORE}/search"): [{"query": "hi"}],
    ("POST", f"{STORE}/files"): [{"file_id": "{id}"}],
    ("POST", f"{STORE}/file_batches"): [
        {"file_ids": ["{id}"]},
        {"files": [{"file_id": "{id}"}]},
    ],
    ("POST", f"{STORE}/files/{{file_id}}"): [{"attributes": {"id": "{id}"}}],
}
"""What a POST may say to name another key's object: `{id}` is one."""

MUST_REFUSE = ("previous_response_id", "input_file_id", "file_ids", "tools")
"""Fields that can only mean an object of one's own."""


def forged(owner_context: dict[str, Any]) -> list[tuple[str, str]]:
    """Headers that somebody might take for an identity, as Ann's requests have them."""
    told = json.dumps(owner_context)
    return [
        (CONTEXT, told),
        ("X-Amzn-Request-Context", told),
        ("x-amzn-lambda-context", json.dumps({"identity": {"apiKeyId": ANN}})),
        ("authorization", f"Bearer {ANN}"),
        ("x-api-key", ANN),
        ("x-amzn-apigateway-api-id", ANN),
        ("x-amz-tenant-id", ANN),
        ("x-forwarded-user", ANN),
        ("forwarded", f"for={ANN}"),
        ("openai-organization", ANN),
        ("openai-project", ANN),
        ("cookie", f"apiKeyId={ANN}; key={ANN}"),
        ("idempotency-key", "anns-idempotency-key"),
    ]


@dataclass
class Service:
    """The service in memory, with what Ann has made in it."""

    store: MemoryStore = field(default_factory=MemoryStore)
    upstream: FakeUpstream = field(default_factory=lambda: FakeUpstream(answer()))
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.queue = FakeQueue(self.store)
        self.features = MemoryStore()
        self.app = create_app(
            SETTINGS,
            self.upstream,
            responses_store=self.store,
            queue=self.queue,
            batch_store=self.store,
            executions=Executions(),
            leases=MemoryLeaseTable(),
            search=Ingestion(self.features),
            features_store=self.features,
        )

    def asked(self) -> bytes:
        """All that was sent to the model, at once or through the queue."""
        queued = [r if isinstance(r, bytes) else r.encode() for r in self.queue.requests.values()]
        return b"\n".join([*self.upstream.payloads, *queued])

    def forget_asked(self) -> None:
        self.upstream.payloads.clear()
        self.queue.requests.clear()

    def state(self, owner: str) -> dict[str, str]:
        """The versions of an owner's objects, and of what all stores have."""
        kept = {key: o.etag for key, o in self.store.objects.items() if f"/{owner}/" in key}
        features = self.features.objects.items()
        return (
            kept
            | {key: o.etag for key, o in features if f"/{owner}/" in key}
            | {key: o.etag for key, o in features if key.startswith("documents/")}
        )

    def owners(self) -> set[str]:
        """Callers that have objects; other folders, of marks and keys, are no owner's name."""
        named = {part for key in self.store.objects for part in key.split("/")[1:2]}
        return {name for name in named if re.fullmatch(r"[0-9a-f]{32}", name)}


def routes(router: Any) -> Iterator[Any]:
    for route in router.routes:
        included = getattr(route, "original_router", None)
        yield from routes(included) if included else [route]


ROUTES = sorted(
    {(method, route.path) for route in routes(Service().app) for method in route.methods}
)


@pytest.fixture(scope="module")
def service() -> Service:
    return Service()


@pytest.fixture(scope="module")
def doors(service: Service) -> Iterator[dict[str, Door]]:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)  # Lambda's runtime has none; nobody would close Mangum's
    with served(service.app) as url, httpx2.Client(base_url=url, timeout=LONG) as client:
        yield {
            "web-adapter": WebAdapterDoor(client),
            "mangum": MangumDoor(Mangum(service.app, lifespan="off")),
            "appending": WebAdapterDoor(client, appends=True),
        }
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(params=["web-adapter", "mangum"])
def door(request: pytest.FixtureRequest, doors: dict[str, Door]) -> Door:
    return doors[request.param]


@pytest.fixture(scope="module")
def ids(service: Service, doors: dict[str, Door]) -> dict[str, str]:
    """Ann's objects; her secret is in each. Bob has objects too."""

    def make(key: str, secret: str) -> dict[str, str]:
        line = request(secret)
        stored = _upload(doors["mangum"], key, jsonl([line]), secret)
        told = {"input_file_id": stored, "metadata": {"about": secret}}
        batch = _post(doors["mangum"], key, "/v1/batches", {**BATCH, **told})
        asked = {**ASK, "input": secret, "instructions": secret}
        document = _upload(doors["mangum"], key, secret.encode(), secret, "assistants")
        made = {"name": secret, "file_ids": [document], "metadata": {"about": secret}}
        store = _post(doors["mangum"], key, "/v1/vector_stores", made)
        added = {"file_id": document, "attributes": {"about": secret}}
        of_store = f"/v1/vector_stores/{store['id']}"
        _post(doors["mangum"], key, f"{of_store}/files", added)
        together = _post(doors["mangum"], key, f"{of_store}/file_batches", {"files": [added]})
        response = _post(doors["web-adapter"], key, "/v1/responses", asked)
        later = _post(doors["web-adapter"], key, "/v1/responses", {**asked, "background": True})
        return {
            "file": document,
            "input_file": stored,
            "store": store["id"],
            "file_batch": together["id"],
            "batch": batch["id"],
            "response": response["id"],
            "background": later["id"],
            "item": response["output"][0]["id"],
        }

    make(BOB, "bob-is-dull")
    (bob,) = service.owners()
    made = make(ANN, SECRET)
    (service.ids["ann"],) = service.owners() - {bob}
    return made


def _post(door: Door, key: str, path: str, body: dict[str, Any]) -> Any:
    told = door(key, "POST", path, json.dumps(body).encode(), [JSON])
    assert told.status == 200, told.body
    return told.json()


JSON = ("content-type", "application/json")


def _upload(door: Door, key: str, content: bytes, name: str, purpose: str = "batch") -> str:
    form = httpx2.Request(
        "POST",
        "http://api/v1/files",
        files={"file": (f"{name}.txt", content)},
        data={"purpose": purpose},
    )
    told = door(
        key, "POST", "/v1/files", form.read(), [("content-type", form.headers["content-type"])]
    )
    assert told.status == 200, told.body
    return str(told.json()["id"])


def _kind(path: str) -> str | None:
    variables = re.findall(r"\{(\w+)", path)
    return KINDS.get(variables[0]) if variables else None


def _filled(path: str, value: str, ids: dict[str, str]) -> str:
    """A path with a value for its first variable, and for others what Ann has of their kind."""
    path = re.sub(r"\{[^}]+\}", value, path, count=1)
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: ids[KINDS[found[1]]], path)


def _attempts(method: str, path: str, ids: dict[str, str]) -> Iterator[tuple[str, str, bytes]]:
    """Every request on a route that names one of Ann's objects: the id, the target, the body."""
    bodies = BODIES.get((method, path), [None])
    for value in ids.values():
        for body in bodies:
            text = json.dumps(body).replace("{id}", value).encode() if body else b""
            yield value, _filled(path, value, ids), text
        if method == "GET":
            yield value, f"{_filled(path, value, ids)}?after={value}&limit=100&order=asc", b""
            yield value, f"{_filled(path, value, ids)}?owner={ANN}&user={ANN}&before={value}", b""


@pytest.fixture
def is_kept_apart(service: Service, ids: dict[str, str]) -> Iterator[None]:
    """Whatever the test does: Ann's objects stay as they are, and no model reads of them."""
    before = service.state(service.ids["ann"])
    assert len(before) >= 5
    service.forget_asked()
    yield
    assert service.state(service.ids["ann"]) == before
    assert SECRET.encode() not in service.asked()


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_has_a_case(method: str, path: str) -> None:
    variables = re.findall(r"\{(\w+)", path)
    if path in NO_OBJECTS:
        assert set(variables).isdisjoint(KINDS)
        return
    unknown = [name for name in variables if name not in KINDS]
    assert not unknown, f"{path}: say in KINDS which objects these are, or in NO_OBJECTS why none"
    if method in {"POST", "PUT", "PATCH"} and not variables:
        assert (method, path) in BODIES, f"{method} {path}: say in BODIES how it names an object"


@pytest.mark.usefixtures("is_kept_apart")
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_another_keys_objects_are_not_there(
    door: Door, ids: dict[str, str], method: str, path: str
) -> None:
    for value, target, body in _attempts(method, path, ids):
        told = door(BOB, method, target, body, [JSON])
        _shows_nothing(told, ids, value)
        if _kind(path):
            assert told.status == 404, (target, told.body)
            unknown = door(BOB, method, target.replace(value, _unknown(value)), body, [JSON])
            assert told.body == unknown.body.replace(_unknown(value).encode(), value.encode())
        elif any(field in json.loads(body or b"{}") for field in MUST_REFUSE):
            assert 400 <= told.status < 500, (body, told.body)


@pytest.mark.usefixtures("is_kept_apart")
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_header_makes_another_key(
    door: Door, ids: dict[str, str], method: str, path: str
) -> None:
    value = ids[_kind(path) or "response"]
    bodies = BODIES.get((method, path), [None])
    for name, claim in forged(context(ANN)):
        for body in bodies:
            text = json.dumps(body).replace("{id}", value).encode() if body else b""
            told = door(BOB, method, _filled(path, value, ids), text, [JSON, (name, claim)])
            _shows_nothing(told, ids, value)
            if _kind(path):
                assert told.status == 404, (name, told.body)


@pytest.mark.usefixtures("is_kept_apart")
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_context_of_the_clients_beside_the_gateways_is_refused(
    doors: dict[str, Door], ids: dict[str, str], method: str, path: str
) -> None:
    claim = (CONTEXT, json.dumps(context(ANN)))
    told = doors["appending"](BOB, method, _filled(path, ids["response"], ids), b"", [claim])

    assert told.status == 400
    if method != "HEAD":
        assert told.json()["error"]["code"] == "invalid_header"


@pytest.mark.usefixtures("is_kept_apart")
@pytest.mark.parametrize("key", [None, ""])
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_is_answered_nothing(
    door: Door, ids: dict[str, str], method: str, path: str, key: str | None
) -> None:
    told = door(key, method, _filled(path, ids["response"], ids), b"", [(CONTEXT, "{}")])

    assert (told.status == 401) is (path not in OPEN_PATHS)
    _shows_nothing(told, ids, ids["response"])


@pytest.mark.parametrize(
    "path", [path for method, path in ROUTES if method == "GET" and path not in NO_OBJECTS]
)
def test_ones_own_objects_are_there(door: Door, ids: dict[str, str], path: str) -> None:
    """The other side: without it the tests above would pass over a service that finds nothing."""
    told = door(ANN, "GET", _filled(path, ids[_kind(path) or "file"], ids))

    assert told.status == 200
    assert any(hers in told.body.decode() for hers in (SECRET, *ids.values()))


def _unknown(value: str) -> str:
    """An id like another, of nothing."""
    return value[:-6] + "".join("0" if c != "0" else "1" for c in value[-6:])


def _shows_nothing(told: Any, ids: dict[str, str], named: str) -> None:
    shown = told.body.decode() + json.dumps(told.headers)
    assert SECRET not in shown
    assert ANN not in shown.replace(named, "")
    for other in set(ids.values()) - {named}:
        assert other not in shown
