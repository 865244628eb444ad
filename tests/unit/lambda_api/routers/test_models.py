"""The one model over HTTP."""

from __future__ import annotations


def test_the_one_model_is_listed_and_found(client):
    (model,) = client.get("/v1/models").json()["data"]

    assert model["id"] == "twin"
    assert model["object"] == "model"
    assert client.get("/v1/models/twin").json() == model


def test_another_model_is_not_found(client):
    answer = client.get("/v1/models/meta/llama")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "model_not_found"
