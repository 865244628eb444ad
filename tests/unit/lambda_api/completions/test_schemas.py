"""The wire format of completions."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from lambda_api.completions.schemas import CompletionRequest

ASKED = {"model": "twin", "prompt": "hi"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prompt", None),
        ("prompt", []),
        ("prompt", 5),
        ("max_tokens", 0),
        ("max_tokens", "16"),
        ("temperature", 2.5),
        ("n", 0),
        ("best_of", 129),
        ("echo", "yes"),
        ("stop", 7),
        ("stream_options", {"include_usage": 1}),
    ],
)
def test_a_wrong_value_is_refused_by_its_field(name, value):
    with pytest.raises(ValidationError) as refusal:
        CompletionRequest.model_validate({**ASKED, name: value})

    assert {error["loc"][0] for error in refusal.value.errors()} == {name}


def test_a_whole_number_may_have_a_fraction_of_zero():
    assert CompletionRequest.model_validate({**ASKED, "max_tokens": 8.0}).max_tokens == 8
