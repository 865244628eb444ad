"""The engines' metrics, from a server that speaks Prometheus' JSON to PutMetricData."""

from __future__ import annotations

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from lambda_api.aws.cloudwatch_metrics import CloudWatchMetrics
from lambda_api.aws.cloudwatch_promql import PromQL, PromQLError
from lambda_api.engine.metrics_bridge import KV_CACHE_USE, QUEUED_REQUESTS, MetricsBridge

WAITING, CACHE = "vllm:num_requests_waiting", "vllm:kv_cache_usage_perc"
ENDPOINT = '{"aws.sagemaker.endpoint.name"="twin-prod"}'


class Prometheus(BaseHTTPRequestHandler):
    """Answers a query with the server's values for it."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        (query,) = parse_qs(body.decode())["query"]
        self.server.asked.append((self.path, dict(self.headers), body))
        values = self.server.values.get(query, [])
        result = [{"metric": {}, "value": [1_795_000_000.5, value]} for value in values]
        document = {"status": "success", "data": {"resultType": "vector", "result": result}}
        answer = self.server.answer or json.dumps(document).encode()
        self.send_response(self.server.status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args):
        pass


@pytest.fixture
def prometheus():
    with ThreadingHTTPServer(("127.0.0.1", 0), Prometheus) as server:
        server.asked, server.values, server.status, server.answer = [], {}, 200, b""
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Put:
    """CloudWatch, as far as it takes metrics."""

    def __init__(self):
        self.calls = []

    def put_metric_data(self, **call):
        self.calls.append(call)


@pytest.fixture
def session():
    return boto3.session.Session("000000000042", "secret", region_name="eu-west-1")


@pytest.fixture
def promql(prometheus, session, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{prometheus.server_port}")
    asking = PromQL.beside(session.client("cloudwatch"), session)
    yield asking
    asking.close()


@pytest.fixture
def put():
    return Put()


@pytest.fixture
def metrics(promql, put):
    names = {QUEUED_REQUESTS: WAITING, KV_CACHE_USE: CACHE}
    logger = logging.getLogger("engine_metrics")
    return MetricsBridge(
        promql, CloudWatchMetrics(put, "twin", "twin-prod"), "twin-prod", names, logger
    )


def test_the_means_of_the_endpoints_instances_are_put(metrics, prometheus, put):
    prometheus.values = {f"avg({WAITING}{ENDPOINT})": ["3.5"], f"avg({CACHE}{ENDPOINT})": ["0.25"]}
    metrics.carry()

    (call,) = put.calls
    assert call["Namespace"] == "twin"
    dimensions = [{"Name": "EndpointName", "Value": "twin-prod"}]
    assert call["MetricData"] == [
        {"MetricName": "QueuedRequestsPerInstance", "Dimensions": dimensions, "Value": 3.5},
        {"MetricName": "KvCacheUse", "Dimensions": dimensions, "Value": 0.25},
    ]


def test_nothing_is_put_of_what_no_instance_publishes(metrics, prometheus, put, caplog):
    caplog.set_level(logging.INFO)
    prometheus.values = {f"avg({WAITING}{ENDPOINT})": ["0"]}
    metrics.carry()

    ((metric,),) = [call["MetricData"] for call in put.calls]
    assert (metric["MetricName"], metric["Value"]) == ("QueuedRequestsPerInstance", 0)
    assert [record.metrics for record in caplog.records] == [["KvCacheUse"]]


@pytest.mark.parametrize("values", [[], ["NaN"], ["+Inf"]])
def test_without_a_number_nothing_is_put(metrics, prometheus, put, values):
    prometheus.values = dict.fromkeys(
        (f"avg({WAITING}{ENDPOINT})", f"avg({CACHE}{ENDPOINT})"), values
    )
    metrics.carry()

    assert put.calls == []


def test_a_query_is_signed_for_cloudwatch(promql, prometheus, session):
    promql.value("avg(up)")
    ((path, headers, body),) = prometheus.asked

    assert path == "/api/v1/query"
    assert "/eu-west-1/monitoring/aws4_request" in headers["Authorization"]
    url = f"http://127.0.0.1:{prometheus.server_port}{path}"
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
