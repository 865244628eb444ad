"""The scaling handover answers CloudFormation, and releases and restores in the right moments."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_api.handlers import scaling_handover
from lambda_api.handlers.scaling_handover import handler


class Aws(BaseHTTPRequestHandler):
    """CloudFormation, which takes answers of custom resources, and SageMaker with an endpoint."""

    told: list[dict[str, Any]]
    statuses: list[str]
    """What the endpoint is, one time after the other; the last stays."""

    def do_PUT(self) -> None:
        type(self).told.append(self._read())
        self._write({})

    def do_POST(self) -> None:
        assert self._read() == {"EndpointName": "twin"}
        status = self.statuses.pop(0) if self.statuses[1:] else self.statuses[0]
        self._write({"EndpointStatus": status})

    def _read(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["content-length"])))

    def _write(self, answer: dict[str, str]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Targets:
    """Writes down what is asked of the scalable targets, and refuses what it is told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.refusal: Exception | None = None

    def connect(self, **_: str) -> Targets:
        return self

    def release(self, endpoint: str, variant: str, *, kept_as: str) -> None:
        self.calls.append(("release", endpoint, variant, kept_as))

    def restore(self, kept_as: str) -> None:
        self.calls.append(("restore", kept_as))
        if self.refusal:
            raise self.refusal


@pytest.fixture
def targets(monkeypatch: pytest.MonkeyPatch) -> Targets:
    targets = Targets()
    monkeypatch.setattr(scaling_handover, "ScalableTargets", targets)
    return targets


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The function's waits, which take no time."""
    slept: list[float] = []
    monkeypatch.setattr("botocore.waiter.time.sleep", slept.append)
    return slept


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch, slept: list[float]):
    Aws.told, Aws.statuses = [], ["InService"]
    server = HTTPServer(("127.0.0.1", 0), Aws)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    origin = f"http://127.0.0.1:{server.server_port}"
    for name, value in {
        "AWS_ENDPOINT_URL_SAGEMAKER": origin,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)

    def ask(kind: str, moment: str = "before", **old: str) -> dict[str, Any]:
        now = {
            "Endpoint": "twin",
            "Variant": "g6e-xlarge",
            "Config": "second",
            "Bucket": "b",
            "Prefix": "scaling/",
            "StackName": "s",
            "Moment": moment,
        }
        event = {
            "RequestType": kind,
            "ResponseURL": f"{origin}/answer",
            "StackId": "stack",
            "RequestId": "request",
            "LogicalResourceId": "Handover",
            "ResourceProperties": now,
            "OldResourceProperties": {**now, "Config": "first", **old},
        }
        # A minute is kept for what follows a wait, which leaves 20 seconds for it.
        handler(event, SimpleNamespace(get_remaining_time_in_millis=lambda: 80_000))
        return Aws.told[-1]

    yield ask
    server.shutdown()
    thread.join()
    server.server_close()


REFUSED = ClientError({"Error": {"Code": "ValidationException"}}, "RegisterScalableTarget")


@pytest.mark.parametrize("kind", ["Create", "Delete"])
def test_nothing_is_handed_over_at_the_beginning_and_the_end(answered, targets, kind):
    assert answered(kind)["Status"] == "SUCCESS"
    assert targets.calls == []


def test_another_variant_takes_the_scaling_of_the_one_before(answered, targets):
    assert answered("Update", Variant="g6-xlarge")["Status"] == "SUCCESS"
    assert targets.calls == [("release", "twin", "g6-xlarge", "first"), ("restore", "second")]


def test_the_same_variant_keeps_it(answered, targets):
    answered("Update")
    assert targets.calls == [("restore", "second")]


def test_after_the_update_nothing_is_released(answered, targets):
    answered("Update", "after", Variant="g6-xlarge")
    assert targets.calls == [("restore", "second")]


def test_what_cannot_be_restored_before_the_update_is_left_for_after_it(answered, targets):
    targets.refusal = REFUSED
    assert answered("Update", Variant="g6-xlarge")["Status"] == "SUCCESS"
    failed = answered("Update", "after")
    assert failed["Status"] == "FAILED"
    assert "could not be handed over" in failed["Reason"]


def test_what_nobody_thought_of_is_answered_with_its_kind(answered, targets):
    targets.refusal = ZeroDivisionError("of no service")
    failed = answered("Update", "after")
    assert failed["Status"] == "FAILED"
    assert "ZeroDivisionError: of no service" in failed["Reason"]


@pytest.mark.parametrize("old", [{}, {"Variant": "g6-xlarge"}])
def test_an_update_waits_for_instances_that_come_or_go(answered, targets, slept, old):
    Aws.statuses = ["Updating", "Updating", "InService"]
    assert answered("Update", **old)["Status"] == "SUCCESS"
    assert slept == [5, 5]
    # What no longer scales cannot begin to meanwhile.
    assert targets.calls[-1] == ("restore", "second")
    assert answered("Update", "after")["Status"] == "SUCCESS"
    assert slept == [5, 5]


@pytest.mark.parametrize(("status", "waits"), [("Updating", [5, 5, 5]), ("Failed", [])])
def test_what_does_not_come_into_service_is_left_to_sagemaker(
    answered, targets, slept, status, waits
):
    Aws.statuses = [status]
    assert answered("Update")["Status"] == "SUCCESS"
    assert slept == waits
