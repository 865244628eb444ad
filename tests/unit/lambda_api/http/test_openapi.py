"""The OpenAPI document of a stage."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from lambda_api.main import create_app
from tests.support.service.fake_upstream import FakeUpstream


@pytest.fixture
def document(settings):
    app = create_app(settings.model_copy(update={"batch_bucket": "b"}), FakeUpstream())
    return TestClient(app).get("/openapi.json").json()


def test_callers_are_known_by_a_key_or_a_signature(document):
    assert set(document["components"]["securitySchemes"]) == {"key", "sigv4"}
    assert document["security"] == [{"key": []}, {"sigv4": []}]
    assert document["paths"]["/health"]["get"]["security"] == []


@pytest.mark.parametrize("name", ["ChatCompletionRequest", "CompletionRequest", "ResponseRequest"])
def test_requests_name_the_one_model_and_no_unknown_field(document, name):
    schema = document["components"]["schemas"][name]

    assert schema["properties"]["model"]["enum"] == ["twin"]
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/v1/files/{file_id}/content", "get", {"200", "302", "404", "409", "503"}),
        ("/v1/batches/{batch_id}/cancel", "post", {"200", "404", "409", "503"}),
        ("/v1/batches", "post", {"200", "503"}),
    ],
)
def test_the_statuses_of_objects_are_declared(document, path, method, statuses):
    assert set(document["paths"][path][method]["responses"]) >= statuses


def test_parts_are_of_the_kinds_that_the_model_takes(settings):
    app = create_app(settings.model_copy(update={"modalities": ["text", "image"]}), FakeUpstream())
    parts = app.openapi()["components"]["schemas"]["ContentPart"]["oneOf"]

    assert [part["properties"]["type"]["const"] for part in parts] == ["text", "image_url"]


def test_the_document_is_made_once(settings):
    app = create_app(settings, FakeUpstream())

    assert app.openapi() is app.openapi()
