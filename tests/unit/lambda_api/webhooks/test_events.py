"""Events as OpenAI's client reads them, and their ids."""

from __future__ import annotations

import json

import pytest
from openai.types.webhooks import ResponseCompletedWebhookEvent

from lambda_api.webhooks.events import event, event_id

DIGITS = "0123456789abcdef" * 2


def test_an_event_is_openais_and_named_after_its_object():
    text = event("response.completed", f"resp_{DIGITS}", 1_795_000_000)
    found = ResponseCompletedWebhookEvent.model_validate(json.loads(text), strict=True)

    assert found.data.id == f"resp_{DIGITS}"
    assert found.created_at == 1_795_000_000
    assert event_id(text) == found.id == f"evt_{DIGITS}"


@pytest.mark.parametrize(
    "text",
    ["", "x", "null", "[]", "{}", '{"id": 5}', '{"id": "evt_"}', '{"id": "evt_x\\r\\nhost: y"}'],
)
def test_what_is_no_event_has_no_id(text):
    assert event_id(text) is None
