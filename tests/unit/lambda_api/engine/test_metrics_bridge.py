"""Engines' metrics on their way from PromQL to the endpoint's own."""

from __future__ import annotations

import logging

import pytest

from lambda_api.engine.metrics_bridge import KV_CACHE_USE, QUEUED_REQUESTS, MetricsBridge
from localcloud.promql.expression import parse

SERVING = '"aws.sagemaker.endpoint.name"="twin-prod","aws.sagemaker.variant.name"!="shadow"'
WAITING = f"avg(vllm:num_requests_waiting{{{SERVING}}})"
CACHE = f"avg(vllm:kv_cache_usage_perc{{{SERVING}}})"


class Queries(dict):
    """The value of each query that has one."""

    def value(self, query):
        return self.get(query)


class Put(list):
    """What was put, a call each."""

    def put(self, values):
        self.append(dict(values))


@pytest.fixture
def queries():
    return Queries()


@pytest.fixture
def put():
    return Put()


@pytest.fixture
def bridge(queries, put):
    names = {QUEUED_REQUESTS: "vllm:num_requests_waiting", KV_CACHE_USE: "vllm:kv_cache_usage_perc"}
    return MetricsBridge(queries, put, "twin-prod", names, logging.getLogger("engine_metrics"))


def test_the_means_of_the_endpoints_instances_are_put(bridge, queries, put):
    queries |= {WAITING: 3.5, CACHE: 0.25}
    bridge.carry()

    assert put == [{"QueuedRequestsPerInstance": 3.5, "KvCacheUse": 0.25}]


@pytest.mark.parametrize(
    ("variant", "counts"),
    [("ml-g6e-xlarge", True), ("", True), ("shadow", False)],
    ids=["serving", "untold", "shadow"],
)
def test_instances_that_only_shadow_do_not_thin_the_mean_out(bridge, queries, variant, counts):
    asked = []
    queries.value = asked.append
    bridge.carry()

    labels = {
        "__name__": "vllm:num_requests_waiting",
        "aws.sagemaker.endpoint.name": "twin-prod",
        "aws.sagemaker.variant.name": variant,
    }
    assert parse(asked[0]).selects(labels) is counts


def test_nothing_is_put_of_what_no_instance_publishes(bridge, queries, put, caplog):
    caplog.set_level(logging.INFO)
    queries[WAITING] = 0.0
    bridge.carry()

    assert put == [{"QueuedRequestsPerInstance": 0.0}]
    assert [record.metrics for record in caplog.records] == [["KvCacheUse"]]


def test_without_a_value_nothing_is_put(bridge, put):
    bridge.carry()

    assert put == []
