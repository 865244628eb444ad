"""CloudWatch's PromQL API, played by a server that speaks Prometheus' JSON."""

from __future__ import annotations

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from lambda_api.aws.cloudwatch_promql import PromQL, PromQLError
from tests.support.service.standin_prometheus import prometheus_server


@pytest.fixture
def prometheus():
    with prometheus_server() as server:
        yield server


@pytest.fixture
def session():
    return boto3.session.Session("000000000042", "secret", region_name="eu-west-1")


@pytest.fixture
def promql(prometheus, session, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", prometheus.url)
    asking = PromQL.beside(session.client("cloudwatch"), session)
    yield asking
    asking.close()


def test_the_value_of_the_one_series_is_found(promql, prometheus):
    prometheus.values = {"up": ["3.5"]}

    assert promql.value("up") == 3.5


@pytest.mark.parametrize("values", [[], ["NaN"], ["+Inf"]])
def test_without_a_number_there_is_no_value(promql, prometheus, values):
    prometheus.values = {"up": values}

    assert promql.value("up") is None


def test_a_query_is_signed_for_cloudwatch(promql, prometheus, session):
    promql.value("avg(up)")
    ((path, headers, body),) = prometheus.asked

    assert path == "/api/v1/query"
    assert "/eu-west-1/monitoring/aws4_request" in headers["Authorization"]
    url = f"{prometheus.url}{path}"
    request = AWSRequest("POST", url, headers={"Content-Type": headers["Content-Type"]}, data=body)
    request.context["timestamp"] = headers["X-Amz-Date"]
    signer = SigV4Auth(session.get_credentials(), "monitoring", "eu-west-1")
    request.headers["X-Amz-Date"] = headers["X-Amz-Date"]
    to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    assert headers["Authorization"].endswith(signer.signature(to_sign, request))


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (422, b'{"status":"error","error":"limit"}', r'avg\(up\): got status 422.*"limit"'),
        (200, b"<html>", "the answer is no JSON"),
        (200, b'{"status":"success","data":{"resultType":"scalar"}}', "the answer is no vector"),
        (200, b"[]", "the answer is no vector"),
    ],
)
def test_an_answer_that_is_none_fails_the_run(promql, prometheus, status, answer, expected):
    prometheus.status, prometheus.answer = status, answer

    with pytest.raises(PromQLError, match=expected):
        promql.value("avg(up)")


def test_more_than_one_series_is_an_error(promql, prometheus):
    prometheus.values = {"up": ["1", "2"]}

    with pytest.raises(PromQLError, match="got 2 series, one is expected"):
        promql.value("up")


def test_a_server_that_is_not_there_is_an_error(session):
    nowhere = PromQL("http://127.0.0.1:1", "eu-west-1", session.get_credentials())

    with pytest.raises(PromQLError, match=r"query up: (NewConnection|ConnectTimeout)"):
        nowhere.value("up")


def test_queries_go_where_cloudwatch_is(session, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    client = session.client("cloudwatch")

    assert client.meta.endpoint_url == "https://monitoring.eu-west-1.amazonaws.com"
    assert PromQL.beside(client, session).url == f"{client.meta.endpoint_url}/api/v1/query"
