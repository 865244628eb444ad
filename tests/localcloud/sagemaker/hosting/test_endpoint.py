from __future__ import annotations

import io
import tarfile
from contextlib import suppress
from typing import Any

import httpx2
import psutil
import pytest
from botocore.exceptions import ClientError

from localcloud.settings import HOST
from tests.support.eventually import LONG, eventually
from tests.support.localcloud.deployment import (
    VARIANT,
    Deployment,
    engines,
    under_load,
    unique,
)


def logged(deployment: Deployment, text: str) -> bool:
    """Whether a line of its instances' logs has a text; lines are written in batches."""
    group = f"/aws/sagemaker/Endpoints/{deployment.endpoint}"
    logs = deployment.cloud.client("logs")
    with suppress(logs.exceptions.ResourceNotFoundException):
        found = logs.filter_log_events(logGroupName=group, logStreamNamePrefix=f"{VARIANT}/i-")
        return any(text in event["message"] for event in found["events"])
    return False


def test_output_is_in_the_endpoints_log_group(fresh: Deployment) -> None:
    fresh.create()
    eventually(lambda: logged(fresh, "listening on http://127.0.0.1:"))


def test_page_that_finds_an_engines_port_is_refused(fresh: Deployment) -> None:
    alias = unique("engine")
    fresh.create(fresh.container(ALIAS=alias))
    (engine,) = engines(fresh.cloud, alias)
    (listening,) = [c for c in engine.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    page = {"Content-Type": "text/plain", "Origin": "https://attacker.example"}
    body = b'{"messages":[{"role":"user","content":"hi"}],"prompt":"hi","max_tokens":1}'
    with httpx2.Client(base_url=f"http://{HOST}:{listening.laddr.port}", timeout=LONG) as http:
        for path in ("/v1/chat/completions", "/v1/completions", "/completion", "/tokenize"):
            assert http.post(path, content=body, headers=page).status_code == 401
        for path in ("/slots", "/props", "/metrics"):
            assert http.get(path, headers=page).status_code == 401


def test_corrupt_model_fails_with_a_reason(fresh: Deployment) -> None:
    found = fresh.create(fresh.container(fresh.upload(b"GGUF but not really")))
    assert found["EndpointStatus"] == "Failed"
    assert f"variant {VARIANT} did not pass the ping health check" in found["FailureReason"]
    assert "exited 3 times: gguf_init_from_reader: this GGUF" in found["FailureReason"]


def test_unsupported_flag_is_named_in_reason_and_log(fresh: Deployment) -> None:
    found = fresh.create(fresh.container(SPLIT_MODE="row"))
    assert "not emulated: --split-mode" in found["FailureReason"]
    eventually(lambda: logged(fresh, "not emulated: --split-mode"))


def test_image_of_another_engine_fails_with_a_reason(fresh: Deployment) -> None:
    image = "763104351884.dkr.ecr.us-east-1.amazonaws.com/sglang:0.5.9"
    found = fresh.create({**fresh.container(), "Image": image})
    assert found["FailureReason"] == f'not emulated: image "{image}"; emulated: llama-cpp, vllm'


def test_missing_model_data_fails_with_a_reason(fresh: Deployment) -> None:
    fresh.upload()
    found = fresh.create(fresh.container("s3://model-data/absent/"))
    assert found["FailureReason"] == 'Could not find model data at "s3://model-data/absent/".'


def test_failed_endpoint_answers_no_requests_and_can_only_be_deleted(fresh: Deployment) -> None:
    fresh.create(fresh.container("s3://model-data/absent/"))
    with pytest.raises(ClientError, match=f"Endpoint {fresh.endpoint} of account .* not found"):
        fresh.invoke()
    with pytest.raises(ClientError, match="Cannot update failed endpoint"):
        fresh.sagemaker.update_endpoint(
            EndpointName=fresh.endpoint,
            EndpointConfigName=fresh.create_config(fresh.create_model()),
        )


def test_archive_is_unpacked(fresh: Deployment) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(fresh.model_file, arcname="model.gguf")
    container = fresh.container()
    del container["ModelDataSource"]
    container["ModelDataUrl"] = fresh.upload(packed.getvalue(), "model.tar.gz") + "model.tar.gz"
    assert fresh.create(container)["EndpointStatus"] == "InService"


def update(deployment: Deployment, container: dict[str, Any], **options: Any) -> dict[str, Any]:
    config = deployment.create_config(deployment.create_model(container))
    deployment.sagemaker.update_endpoint(
        EndpointName=deployment.endpoint, EndpointConfigName=config, **options
    )
    return {**deployment.settled(), "Asked": config}


def test_update_moves_traffic_without_a_failed_request(fresh: Deployment) -> None:
    old, new = unique("old"), unique("new")
    fresh.create(fresh.container(ALIAS=old))
    with under_load(fresh) as answered:
        found = update(fresh, fresh.container(ALIAS=new))
    assert found["EndpointConfigName"] == found["Asked"]
    assert found["EndpointStatus"] == "InService"
    assert "FailureReason" not in found
    assert {old, new} >= set(answered)
    assert fresh.invoke()["model"] == new
    assert engines(fresh.cloud, old) == []


def test_update_that_never_gets_healthy_leaves_the_old_fleet_serving(fresh: Deployment) -> None:
    old, new = unique("old"), unique("new")
    config = fresh.create(fresh.container(ALIAS=old))["EndpointConfigName"]
    with under_load(fresh) as answered:
        found = update(fresh, fresh.container(fresh.upload(b"no model"), ALIAS=new))
    assert found["EndpointStatus"] == "InService"
    assert found["EndpointConfigName"] == config != found["Asked"]
    assert "did not pass the ping health check" in found["FailureReason"]
    assert set(answered) == {old}
    assert engines(fresh.cloud, new) == []


def test_update_that_succeeds_clears_the_failure(fresh: Deployment) -> None:
    fresh.create()
    assert "FailureReason" in update(fresh, fresh.container(fresh.upload(b"no model")))
    assert "FailureReason" not in update(fresh, fresh.container())


def test_pending_change_is_described_and_refuses_another(fresh: Deployment) -> None:
    fresh.create()
    slow = fresh.container(fresh.upload(b"no model"))  # it is tried three times
    config = fresh.create_config(fresh.create_model(slow))
    change = {"EndpointName": fresh.endpoint, "EndpointConfigName": config}
    fresh.sagemaker.update_endpoint(**change)
    found = fresh.sagemaker.describe_endpoint(EndpointName=fresh.endpoint)
    assert found["EndpointStatus"] == "Updating"
    assert found["PendingDeploymentSummary"]["EndpointConfigName"] == config
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        fresh.sagemaker.update_endpoint(**change)
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        fresh.delete()


def rescale(deployment: Deployment, **change: Any) -> dict[str, Any]:
    deployment.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=deployment.endpoint,
        DesiredWeightsAndCapacities=[{"VariantName": VARIANT, **change}],
    )
    return dict(deployment.settled()["ProductionVariants"][0])


def test_capacity_follows_what_is_desired(fresh: Deployment) -> None:
    alias = unique("scaled")
    fresh.create(fresh.container(ALIAS=alias))
    with under_load(fresh):
        grown = rescale(fresh, DesiredInstanceCount=3, DesiredWeight=0.5)
        assert len(engines(fresh.cloud, alias)) == 3
        shrunk = rescale(fresh, DesiredInstanceCount=1)
    assert (grown["CurrentInstanceCount"], grown["CurrentWeight"]) == (3, 0.5)
    assert (shrunk["CurrentInstanceCount"], shrunk["CurrentWeight"]) == (1, 0.5)
    assert len(engines(fresh.cloud, alias)) == 1


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"RetainAllVariantProperties": True}, 2),
        ({"RetainAllVariantProperties": False}, 1),
        (
            {
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [
                    {"VariantPropertyType": "DesiredInstanceCount"}
                ],
            },
            1,
        ),
    ],
)
def test_update_retains_capacity_when_asked(
    fresh: Deployment, options: dict[str, Any], count: int
) -> None:
    fresh.create()
    rescale(fresh, DesiredInstanceCount=2)
    found = update(fresh, fresh.container(), **options)
    assert found["ProductionVariants"][0]["DesiredInstanceCount"] == count


def test_deleted_endpoint_leaves_no_engine(fresh: Deployment) -> None:
    alias = unique("deleted")
    fresh.create(fresh.container(ALIAS=alias), InitialInstanceCount=2)
    fresh.delete()
    assert engines(fresh.cloud, alias) == []
    with pytest.raises(ClientError, match="Could not find endpoint"):
        fresh.sagemaker.describe_endpoint(EndpointName=fresh.endpoint)


def register(deployment: Deployment) -> dict[str, str]:
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{deployment.endpoint}/variant/{VARIANT}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling = deployment.cloud.client("application-autoscaling")
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    return target


def test_scalable_variant_keeps_its_instance_type(fresh: Deployment) -> None:
    fresh.create()
    register(fresh)
    config = fresh.create_config(fresh.create_model(), InstanceType="ml.c5.xlarge")
    with pytest.raises(ClientError, match="must be deregistered as a scalable target"):
        fresh.sagemaker.update_endpoint(EndpointName=fresh.endpoint, EndpointConfigName=config)


def test_deleting_an_endpoint_deregisters_its_targets(fresh: Deployment) -> None:
    fresh.create()
    target = register(fresh)
    fresh.delete()
    found = fresh.cloud.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[target["ResourceId"]]
    )
    assert found["ScalableTargets"] == []
