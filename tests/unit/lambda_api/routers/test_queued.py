"""The answer to a request that waits in the queue."""

from __future__ import annotations

import json

from starlette.requests import Request

from lambda_api.response_requests.schemas import ResponseRequest
from lambda_api.responses.service import ResponseService
from lambda_api.retrieval.grounded_chat import GroundedChat
from lambda_api.routers.queued import queued
from tests.support.service.fake_queue import answer


def test_a_queued_response_says_where_it_is_fetched(service, upstream):
    upstream.answer = answer()
    response = ResponseService(GroundedChat(service)).create(
        ResponseRequest(model="twin", input="hi"), "me"
    )[0]
    told = queued(response, Request({"type": "http", "root_path": "/live"}))

    assert told.status_code == 202
    assert told.headers["location"] == f"/live/v1/responses/{response.id}"
    assert json.loads(told.body)["id"] == response.id
