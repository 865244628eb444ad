"""The monthly cost of a change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from twin.cost import cost_change


def template(count: int) -> dict[str, Any]:
    variant = {"InstanceType": "ml.g5.2xlarge", "InitialInstanceCount": count}
    properties = {"ProductionVariants": [variant]}
    config = {"Type": "AWS::SageMaker::EndpointConfig", "Properties": properties}
    return {"Resources": {"Config": config}}


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Stubber:
    client = boto3.client(
        "cloudformation", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    stubbed = Stubber(client)
    monkeypatch.setattr(boto3.Session, "client", lambda *_, **__: client)
    stubbed.activate()
    return stubbed


def synthesized(folder: Path, count: int) -> Path:
    (folder / "twin-prod-serving.template.json").write_text(json.dumps(template(count)))
    return folder


def test_a_second_instance_costs_as_much_as_the_first(stub: Stubber, tmp_path: Path) -> None:
    stub.add_response("get_template", {"TemplateBody": json.dumps(template(1))})
    stub.add_client_error("get_template", "ValidationError", "Stack does not exist")
    told = cost_change("twin-prod", "us-east-1", synthesized(tmp_path, 2))
    assert told is not None
    assert told.startswith("cost: +1,106 USD a month at rest (1,106 to 2,212)")


def test_a_refusal_is_told_and_stops_nothing(stub: Stubber, tmp_path: Path) -> None:
    stub.add_client_error("get_template", "AccessDenied", "not authorized")
    told = cost_change("twin-prod", "us-east-1", synthesized(tmp_path, 2))
    assert told is not None
    assert told.startswith("cost: not compared: ")


def test_what_was_not_synthesized_now_is_not_compared(tmp_path: Path) -> None:
    assert cost_change("twin-prod", None, tmp_path) is None
    assert cost_change("twin-prod", None, synthesized(tmp_path, 2), since=2e10) is None
