"""The call that puts metrics into CloudWatch."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from lambda_api.aws.cloudwatch_metrics import CloudWatchMetrics


@pytest.fixture
def client():
    return boto3.session.Session("000000000042", "secret", region_name="eu-west-1").client(
        "cloudwatch"
    )


@pytest.fixture
def stub(client):
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def test_all_values_are_put_in_one_call_under_the_endpoints_name(client, stub):
    dimensions = [{"Name": "EndpointName", "Value": "twin-prod"}]
    data = [
        {"MetricName": "QueuedRequestsPerInstance", "Dimensions": dimensions, "Value": 3.5},
        {"MetricName": "KvCacheUse", "Dimensions": dimensions, "Value": 0.25},
    ]
    stub.add_response("put_metric_data", {}, {"Namespace": "twin", "MetricData": data})

    CloudWatchMetrics(client, "twin", "twin-prod").put(
        {"QueuedRequestsPerInstance": 3.5, "KvCacheUse": 0.25}
    )


def test_a_refusal_is_raised(client, stub):
    stub.add_client_error("put_metric_data", "AccessDenied")

    with pytest.raises(ClientError):
        CloudWatchMetrics(client, "twin", "twin-prod").put({"KvCacheUse": 0.25})
