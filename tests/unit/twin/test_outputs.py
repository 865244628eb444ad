"""What a client is told about a stage."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from twin.client.conversation import connect
from twin.errors import UserError
from twin.outputs import StageOutputs, reachable


@pytest.fixture
def outputs() -> StageOutputs:
    return StageOutputs(
        api_url="http://127.0.0.1:4566/_aws/execute-api/abc/live/",
        api_key=SecretStr("k-123"),
        endpoint_name="twin-local",
        endpoint_url="http://127.0.0.1:4566/endpoints/twin-local/openai/v1",
        aws_endpoint_url="http://127.0.0.1:4566",
        region="us-east-1",
        account="000000000042",
    )


def test_the_file_holds_what_a_script_needs(outputs: StageOutputs, tmp_path: Path):
    outputs.write(tmp_path / "outputs.json")

    assert json.loads((tmp_path / "outputs.json").read_text()) == {
        "api_url": "http://127.0.0.1:4566/_aws/execute-api/abc/live/",
        "api_key": "k-123",
        "endpoint_name": "twin-local",
        "endpoint_url": "http://127.0.0.1:4566/endpoints/twin-local/openai/v1",
        "aws_endpoint_url": "http://127.0.0.1:4566",
        "region": "us-east-1",
        "account": "000000000042",
    }
    assert StageOutputs.read(tmp_path / "outputs.json") == outputs


def test_the_file_is_for_this_user_only(outputs: StageOutputs, tmp_path: Path):
    outputs.write(tmp_path / "outputs.json")

    assert stat.S_IMODE((tmp_path / "outputs.json").stat().st_mode) == 0o600


def test_the_key_is_not_shown_by_accident(outputs: StageOutputs):
    assert "k-123" not in repr(outputs)


def test_an_openai_base_url_has_no_slash_at_the_end(outputs: StageOutputs):
    assert outputs.openai_base_url.endswith("/live/v1")


def test_a_stage_without_an_api_is_reached_at_its_endpoint(outputs: StageOutputs, tmp_path: Path):
    alone = outputs.model_copy(update={"api_url": None, "api_key": SecretStr("")})
    alone.write(tmp_path / "outputs.json")

    assert alone.openai_base_url == outputs.endpoint_url
    assert StageOutputs.read(tmp_path / "outputs.json") == alone
    with pytest.raises(UserError, match=r"twin-local has no API: add \[api\] to its config"):
        connect(alone)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (None, "https://abc.execute-api.eu-west-1.amazonaws.com/live/"),
        ("http://127.0.0.1:4566", "http://127.0.0.1:4566/_aws/execute-api/abc/live/"),
    ],
)
def test_the_local_cloud_serves_the_api_below_its_origin(origin: str | None, expected: str):
    url = "https://abc.execute-api.eu-west-1.amazonaws.com/live/"

    assert reachable(url, origin) == expected
