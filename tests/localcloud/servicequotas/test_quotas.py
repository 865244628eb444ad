"""What an account may have: refused in AWS's words, and told by Service Quotas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from botocore.exceptions import ClientError

from localcloud.settings import Settings
from tests.support.eventually import LONG
from tests.support.localcloud import cloud as local
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import Deployment
from tests.support.localcloud.streaming_api import deploy, key
from tests.support.localcloud.transform import Transform


def exceeded(usage: str, limit: int, used: int, more: int) -> str:
    return (
        f"The account-level service limit '{usage} usage' is {limit} Instances, with current "
        f"utilization of {used} Instances and a request delta of {more} Instances. "
    )


@pytest.fixture
def deployment(strict: Cloud, model_file: Path) -> Iterator[Deployment]:
    made = Deployment(strict, model_file)
    yield made
    if made.exists():
        made.settled()
        made.delete()


def refused(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    told = error.value.response["Error"]
    return str(told["Code"]), str(told["Message"])


def test_endpoint_beyond_the_quota_is_refused(deployment: Deployment) -> None:
    with pytest.raises(ClientError) as caught:
        deployment.create(InitialInstanceCount=3)
    code, message = refused(caught)
    assert code == "ResourceLimitExceeded"
    assert exceeded("ml.c5.large for endpoint", 2, 0, 3) in message
    with pytest.raises(ClientError, match=r"'ml\.g6e\.xlarge for endpoint usage' is 0 Instances"):
        deployment.create(InstanceType="ml.g6e.xlarge")


def test_both_fleets_of_an_update_count_and_what_ends_is_given_back(deployment: Deployment) -> None:
    deployment.create(InitialInstanceCount=1)
    config = deployment.create_config(deployment.create_model(), InitialInstanceCount=2)
    with pytest.raises(ClientError) as caught:
        deployment.sagemaker.update_endpoint(
            EndpointName=deployment.endpoint, EndpointConfigName=config
        )
    assert exceeded("ml.c5.large for endpoint", 2, 1, 2) in refused(caught)[1]
    for _ in range(3):  # one comes, one goes
        config = deployment.create_config(deployment.create_model())
        deployment.sagemaker.update_endpoint(
            EndpointName=deployment.endpoint, EndpointConfigName=config
        )
        assert "FailureReason" not in deployment.settled()


def test_scaling_beyond_the_quota_is_refused(deployment: Deployment) -> None:
    deployment.create(InitialInstanceCount=1)
    desired = {"VariantName": "AllTraffic", "DesiredInstanceCount": 3}
    with pytest.raises(ClientError) as caught:
        deployment.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=deployment.endpoint, DesiredWeightsAndCapacities=[desired]
        )
    assert exceeded("ml.c5.large for endpoint", 2, 1, 2) in refused(caught)[1]


def test_transform_job_beyond_the_quota_is_refused(deployment: Deployment) -> None:
    transform = Transform(deployment)
    transform.put({"a.jsonl": b"{}\n"})
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2}
    with pytest.raises(ClientError) as caught:
        transform.start(TransformResources=resources)
    assert exceeded("ml.m5.large for transform job", 1, 0, 2) in refused(caught)[1]


def test_service_quotas_tells_the_same(strict: Cloud) -> None:
    quotas = strict.client("service-quotas")
    found = [
        one
        for page in quotas.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
        for one in page["Quotas"]
    ]
    values = {one["QuotaName"]: one["Value"] for one in found}
    assert values["ml.c5.large for endpoint usage"] == 2
    assert values["ml.g6e.xlarge for endpoint usage"] == 0
    assert values["ml.m5.large for transform job usage"] == 1
    (code,) = [one["QuotaCode"] for one in found if values[one["QuotaName"]] == 1]
    told = quotas.get_service_quota(ServiceCode="sagemaker", QuotaCode=code)["Quota"]
    assert told["QuotaName"] == "ml.m5.large for transform job usage"
    concurrency = {"ServiceCode": "lambda", "QuotaCode": "L-B99A9384"}
    assert quotas.get_service_quota(**concurrency)["Quota"]["Value"] == 2
    assert quotas.get_aws_default_service_quota(**concurrency)["Quota"]["Value"] == 1000
    with pytest.raises(quotas.exceptions.NoSuchResourceException):
        quotas.get_service_quota(ServiceCode="lambda", QuotaCode="L-00000000")


def test_control_plane_asked_too_often_is_throttled(strict: Cloud) -> None:
    sagemaker = strict.client("sagemaker")

    def throttled() -> bool:
        try:
            sagemaker.list_models()
        except ClientError as error:
            return bool(error.response["Error"]["Code"] == "ThrottlingException")
        return False

    assert any(throttled() for _ in range(1000))


def test_requests_beyond_the_accounts_concurrency_are_500s(strict: Cloud) -> None:
    api = deploy(strict)
    headers = {"Authorization": f"Bearer {key(api)}"}
    with httpx2.Client(base_url=api.url, headers=headers, timeout=LONG) as http:
        with (
            http.stream("POST", "/v1/ticks?n=4000") as first,
            http.stream("POST", "/v1/ticks?n=4000") as second,
        ):
            pieces = first.iter_bytes(), second.iter_bytes()
            assert all(next(each) for each in pieces)
            throttled = http.get("/v1/echo")
        assert throttled.status_code == 500
        assert throttled.json()["error"]["message"] == "Internal server error"


def test_reservation_that_leaves_others_too_little_is_refused(strict: Cloud) -> None:
    api = deploy(strict)
    functions = strict.client("lambda")
    with pytest.raises(functions.exceptions.InvalidParameterValueException) as caught:
        functions.put_function_concurrency(
            FunctionName=api.functions["control"], ReservedConcurrentExecutions=1
        )
    assert refused(caught)[1] == (
        "Specified ReservedConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [2]."
    )
    limit = functions.get_account_settings()["AccountLimit"]
    assert limit["ConcurrentExecutions"] == 2


def test_file_that_is_none_ends_the_server_in_one_sentence(
    settings: Settings, tmp_path: Path
) -> None:
    wrong = settings.model_copy(update={"quotas": tmp_path / "absent.toml"})
    with pytest.raises(AssertionError, match=r"localcloud: .*absent\.toml"):
        local.start(wrong)
