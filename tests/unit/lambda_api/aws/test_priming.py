"""A primed client has made a whole call, and has sent nothing."""

from __future__ import annotations

import logging
import socket

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import HTTPClientError

from lambda_api.aws.priming import prime
from lambda_api.aws.sagemaker_runtime import SageMakerEndpoint

CALL = {"EndpointName": "twin-local", "ContentType": "application/json"}


@pytest.fixture
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    config = Config(retries={"total_max_attempts": 1})
    return boto3.Session().client(
        "sagemaker-runtime",
        region_name="eu-west-1",
        config=config,
    )


@pytest.mark.usefixtures("_no_network")
def test_the_call_is_signed_and_answered_without_network(client):
    signed = []
    events = client.meta.events
    events.register(
        "request-created.sagemaker-runtime", lambda request, **_: signed.append(request)
    )
    prime(client, CALL)
    assert signed[0].url.endswith("/endpoints/twin-local/invocations-response-stream")


@pytest.mark.usefixtures("_no_network")
def test_later_calls_are_sent_again(client):
    prime(client, CALL)
    with pytest.raises(HTTPClientError, match="the network was used"):
        client.invoke_endpoint_with_response_stream(Body=b"{}", **CALL)


def test_a_client_that_cannot_be_primed_is_still_a_client(monkeypatch, tmp_path, caplog):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with caplog.at_level(logging.WARNING):
        SageMakerEndpoint.connect("twin-local", 5).prime()
    assert "could not be primed: Unable to locate credentials" in caplog.text
