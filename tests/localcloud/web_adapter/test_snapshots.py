"""SnapStart in its order: a snapshot with each version, a restore before each first request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore.exceptions
import httpx2
import psutil
import pytest

from tests.support.eventually import LONG, eventually
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.streaming_api import Api, deploy, key


def published(
    before: str = "/hooks/before", after: str = "/hooks/after"
) -> Callable[[dict[str, Any]], None]:
    """The change that gives the streaming function snapshots, and the gateway their alias."""

    def change(resources: dict[str, Any]) -> None:
        function = resources["Stream"]["Properties"]
        function["SnapStart"] = {"ApplyOn": "PublishedVersions"}
        function["Environment"]["Variables"] |= {
            "AWS_LWA_SNAPSTART_BEFORE_CHECKPOINT_PATH": before,
            "AWS_LWA_SNAPSTART_AFTER_RESTORE_PATH": after,
        }
        of_function = {"FunctionName": {"Ref": "Stream"}}
        resources["Version"] = {"Type": "AWS::Lambda::Version", "Properties": of_function}
        version = {"Fn::GetAtt": ["Version", "Version"]}
        alias = {**of_function, "Name": "live", "FunctionVersion": version}
        resources["Alias"] = {"Type": "AWS::Lambda::Alias", "Properties": alias}
        parts = resources["AnyMethod"]["Properties"]["Integration"]["Uri"]["Fn::Join"][1]
        parts[1] = {"Ref": "Alias"}
        resources["StreamPermission"]["Properties"]["FunctionName"] = {"Ref": "Alias"}

    return change


def client(api: Api) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {key(api)}"}
    return httpx2.Client(base_url=api.url, headers=headers, timeout=LONG)


def log(cloud: Cloud, api: Api) -> list[str]:
    group = f"/aws/lambda/{api.functions['stream']}"
    events = cloud.client("logs").filter_log_events(logGroupName=group)["events"]
    return [event["message"] for event in events]


def of_server(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith(("START", "END", "REPORT"))]


def test_each_phase_has_its_hook_and_a_version_its_process(cloud: Cloud) -> None:
    api = deploy(cloud, change=published())
    eventually(lambda: of_server(log(cloud, api)) == ["starting", "echo /hooks/before"])
    with client(api) as http:
        answer = http.get("/v1/echo").json()
        assert http.get("/v1/echo").json()["pid"] == answer["pid"]
    assert answer["environment"]["AWS_LAMBDA_INITIALIZATION_TYPE"] == "snap-start"
    assert answer["environment"]["AWS_LAMBDA_FUNCTION_VERSION"] == "1"
    hooks = ["starting", "echo /hooks/before", "echo /hooks/after"]
    eventually(lambda: of_server(log(cloud, api)) == [*hooks, *["echo /v1/echo"] * 2])
    process = psutil.Process(answer["pid"])
    cloud.client("cloudformation").delete_stack(StackName=api.stack)
    eventually(lambda: not process.is_running())


@pytest.mark.parametrize("path", ["/v1/after", "/v1//After", "/v1/x/../after", "/v1/%61fter"])
def test_callers_reach_no_hook(cloud: Cloud, hooked: Api, path: str) -> None:
    with client(hooked) as http:
        assert http.post(path).status_code == 403
    assert not [line for line in log(cloud, hooked) if path in line]


@pytest.fixture(scope="module")
def hooked(cloud: Cloud) -> Api:
    """An API whose hook lies where its routes lie."""
    return deploy(cloud, change=published(after="/v1/after"))


def test_a_version_that_is_not_ready_for_its_snapshot_is_not_published(cloud: Cloud) -> None:
    with pytest.raises(botocore.exceptions.WaiterError):
        deploy(cloud, change=published(before="/refused"))


def test_a_copy_that_cannot_be_restored_is_a_502_and_the_log_says_why(cloud: Cloud) -> None:
    api = deploy(cloud, change=published(after="/refused"))
    with client(api) as http:
        assert http.get("/v1/echo").status_code == 502
    assert "/refused: got status 500; must be 2xx" in cloud.log.read_text()
