"""Names of responses, which may hold nothing that reaches out of a folder."""

from __future__ import annotations

import pytest

from lambda_api.responses.names import (
    announced_key,
    inference_id,
    input_key,
    is_response_id,
    request_key,
    response_behind,
    result_key,
)

ID = f"resp_{'0123456789abcdef' * 2}"


@pytest.mark.parametrize("owner", ["local", "f" * 32])
def test_an_inference_id_leads_back_to_its_response(owner):
    name = inference_id(owner, ID)

    assert len(name) <= 64
    assert response_behind(name) == (owner, ID)


@pytest.mark.parametrize("text", ["", "x" * 64, "local", "../" + "0" * 61, "local" + "0" * 33])
def test_a_foreign_inference_id_leads_nowhere(text):
    assert response_behind(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "resp_", ID + "0", ID.upper(), ID + "\n", "resp_" + 32 * "\u0660"],
)
def test_nothing_else_is_an_id(text):
    assert is_response_id(ID)
    assert not is_response_id(text)


def test_all_of_a_response_lies_in_its_owners_folder():
    keys = {key("owner", ID) for key in (input_key, request_key, result_key, announced_key)}

    assert len(keys) == 4
    assert all(key.startswith(f"responses/owner/{ID}/") for key in keys)
