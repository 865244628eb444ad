"""The Response object, as clients read it and as it is kept."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from lambda_api.response_objects.schemas import UNFINISHED, Outcome, OutputItem

ITEMS = [
    {
        "type": "message",
        "status": "completed",
        "id": "msg_1",
        "content": [{"type": "output_text", "text": "hi"}],
    },
    {
        "type": "function_call",
        "status": "completed",
        "id": "fc_1",
        "call_id": "1",
        "name": "f",
        "arguments": "{}",
    },
    {
        "type": "reasoning",
        "status": "completed",
        "id": "rs_1",
        "content": [{"type": "reasoning_text", "text": "?"}],
    },
]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["type"])
def test_an_item_is_what_its_type_says(item):
    read = TypeAdapter(OutputItem).validate_python(item)

    assert read.model_dump().items() >= {"type": item["type"], "id": item["id"]}.items()


def test_an_item_of_no_known_type_is_refused():
    with pytest.raises(ValidationError):
        TypeAdapter(OutputItem).validate_python({**ITEMS[0], "type": "audio"})


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "incomplete"])
def test_an_outcome_ends_a_response(status):
    ended = Outcome(status=status, completed_at=3)

    assert ended.status not in UNFINISHED
    assert ended == Outcome.model_validate_json(ended.model_dump_json())
