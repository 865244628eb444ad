"""The parts of checks that ask nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from doctor.checks import adapter_layer
from doctor.checks.concurrency import look as look_at_concurrency
from doctor.checks.kept_variant import look as look_at_variant
from doctor.checks.object_headers import _is_inside
from doctor.checks.quotas import needs
from doctor.checks.stack_states import _stuck
from doctor.checks.weights import loading_time
from doctor.examination import Check, _run
from doctor.surroundings import Surroundings
from stacks.config import StageConfig
from tests.support import stage_files

ENDPOINT, TRANSFORM = "ml.g6e.xlarge for endpoint usage", "ml.g6e.xlarge for transform job usage"


def stage(root: Path, **changes: Any) -> StageConfig:
    (root / "config").mkdir(exist_ok=True)
    return stage_files.load(root, stage_files.PROD, **changes)


def test_needs_of_both_endpoints_are_added_up(tmp_path: Path) -> None:
    found = [(n.time, n.quota, n.instances) for n in needs(stage(tmp_path))]
    assert found == [
        ("first deployment", ENDPOINT, 3),
        ("full load", ENDPOINT, 8),
        ("update", ENDPOINT, 16),
        ("batch", TRANSFORM, 4),
    ]


def test_components_are_replaced_share_by_share_and_fallbacks_have_quotas(tmp_path: Path) -> None:
    config = stage(
        tmp_path,
        realtime__autoscaling={"scale_to_zero": True, "max_instances": 3},
        realtime__initial_instance_count=1,
        realtime__deployment={"step_percent": 50},
        realtime__fallback_instance_types=["ml.g6e.2xlarge"],
        **{"async": None},
        batch=None,
    )
    assert [(n.time, n.instances) for n in needs(config)] == [
        ("first deployment", 1),
        ("full load", 3),
        ("update", 5),
        ("fallback", 3),
    ]


def test_rolling_needs_one_batch_more(tmp_path: Path) -> None:
    config = stage(
        tmp_path,
        realtime__deployment={"strategy": "rolling", "step_percent": 25},
        **{"async": None},
        batch=None,
    )
    assert [(n.time, n.instances) for n in needs(config)][1:] == [("full load", 4), ("update", 5)]


def test_a_shadow_has_instances_beside_all_others(tmp_path: Path) -> None:
    config = stage(
        tmp_path,
        model__hub=None,
        model__registry=True,
        realtime__shadow={"instance_count": 2},
        **{"async": None},
        batch=None,
    )
    assert [(n.time, n.instances) for n in needs(config)][1:] == [("full load", 6), ("update", 10)]


class Limits:
    """Surroundings whose account has limits on concurrency."""

    def __init__(self, limit: int, free: int) -> None:
        self.limits = {"ConcurrentExecutions": limit, "UnreservedConcurrentExecutions": free}

    def client(self, service: str) -> Any:
        return self

    def get_account_settings(self) -> dict[str, Any]:
        return {"AccountLimit": self.limits}

    def console(self, path: str) -> str:
        return path


@pytest.mark.parametrize(
    ("limit", "free", "reserved", "outcome"),
    [
        (10, 10, None, "warning"),
        (1000, 1000, None, "ok"),
        (10, 10, 128, "failure"),
        (1000, 1000, 128, "ok"),
        (1000, 200, 128, "warning"),
        (200, 200, 128, "failure"),
    ],
)
def test_concurrency_that_can_be_reserved(
    tmp_path: Path, limit: int, free: int, reserved: int | None, outcome: str
) -> None:
    config = stage(tmp_path, api__reserved_concurrency=reserved)
    around: Any = Limits(limit, free)
    (found,) = look_at_concurrency(around, config)
    assert found.outcome == outcome


@pytest.mark.parametrize(
    ("status", "outcome", "way_out"),
    [
        ("ROLLBACK_COMPLETE", "warning", "the next one deletes it first"),
        ("ROLLBACK_FAILED", "warning", "the next one deletes it first"),
        ("UPDATE_ROLLBACK_FAILED", "failure", "twin cdk rollback twin-prod-api -c stage=prod"),
        ("DELETE_FAILED", "failure", "delete-stack --stack-name twin-prod-api"),
        ("UPDATE_FAILED", "failure", "twin cdk rollback"),
        ("CREATE_FAILED", "failure", "twin cdk rollback"),
        ("REVIEW_IN_PROGRESS", "warning", "delete-stack"),
        ("UPDATE_IN_PROGRESS", "failure", "wait until it has ended"),
    ],
)
def test_each_stuck_state_has_a_way_out(status: str, outcome: str, way_out: str) -> None:
    found = _stuck("twin-prod-api", status, "prod")
    assert found is not None
    assert found.outcome == outcome
    assert way_out in found.remedy


@pytest.mark.parametrize(
    "status",
    ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"],
)
def test_other_states_are_not_stuck(status: str) -> None:
    assert _stuck("twin-prod-api", status, "prod") is None


def test_weights_that_cannot_arrive_in_time_are_told() -> None:
    assert loading_time(16 * 10**9, 600, "download_timeout").outcome == "ok"
    slow = loading_time(140 * 10**9, 600, "download_timeout")
    assert slow.outcome == "warning"
    assert slow.remedy == "raise realtime.download_timeout_seconds to 760 or more"


@pytest.mark.parametrize(
    ("key", "inside"),
    [
        ("a.gguf", True),
        ("a/b.gguf", True),
        ("../a.gguf", False),
        ("a/../../b.gguf", False),
        ("/a.gguf", False),
        ("a//b.gguf", False),
    ],
)
def test_keys_that_lead_out_of_the_directory_are_left_out(key: str, inside: bool) -> None:
    assert _is_inside(key) == inside


@pytest.mark.parametrize(
    ("deployed", "outcomes"),
    [("g6e-xlarge", ["ok"]), ("g5-xlarge", ["failure"]), (None, [])],
)
def test_an_endpoint_at_zero_keeps_its_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deployed: str | None, outcomes: list[str]
) -> None:
    config = stage(
        tmp_path,
        realtime__autoscaling={"scale_to_zero": True, "max_instances": 3},
        realtime__initial_instance_count=1,
        realtime__deployment={"step_percent": 50},
        **{"async": None},
    )
    session = boto3.Session("AKIDEXAMPLE", "example", region_name="us-east-1")
    around = Surroundings(session, tmp_path)
    with Stubber(around.client("sagemaker")) as stub:
        if deployed:
            answer = endpoint_of(deployed)
            stub.add_response("describe_endpoint", answer, {"EndpointName": "twin-test"})
        else:
            told = 'Could not find endpoint "twin-test".'
            stub.add_client_error("describe_endpoint", "ValidationException", told)
        found = [*look_at_variant(around, config)]
    assert [finding.outcome for finding in found] == outcomes
    if outcomes == ["failure"]:
        assert "got ml.g6e.xlarge; with scale_to_zero must stay what is deployed (g5-xlarge)" in (
            found[0].message
        )


def endpoint_of(variant: str) -> dict[str, Any]:
    return {
        "EndpointName": "twin-test",
        "EndpointArn": "arn:aws:sagemaker:us-east-1:000000000000:endpoint/twin-test",
        "EndpointStatus": "InService",
        "CreationTime": 0,
        "LastModifiedTime": 0,
        "ProductionVariants": [{"VariantName": variant}],
    }


@pytest.mark.parametrize(
    ("code", "message", "outcome"),
    [
        ("AccessDeniedException", "because no resource-based policy allows the action", "failure"),
        ("ResourceNotFoundException", "The resource you requested does not exist.", "failure"),
        ("AccessDeniedException", "because no identity-based policy allows the action", "denied"),
    ],
)
def test_a_layer_of_another_account_that_is_absent_looks_denied(
    tmp_path: Path, code: str, message: str, outcome: str
) -> None:
    around = Surroundings(boto3.Session("key", "secret", region_name="eu-west-1"), tmp_path)
    config = stage(tmp_path)
    check = Check("layer", adapter_layer.look)
    with Stubber(around.client("lambda")) as functions:
        functions.add_client_error("get_layer_version_by_arn", code, message)
        (found,) = _run(check, around, config)

    assert found.outcome == outcome
