"""API Gateway: the metrics of a REST API and of its stages.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
"""

from __future__ import annotations

from ministack.services import apigateway_v1

from localcloud.ministack_hooks.metrics.cloudwatch import Metrics

NAMESPACE = "AWS/ApiGateway"


def publish_request(
    metrics: Metrics,
    api: str,
    stage: str,
    *,
    status: int,
    latency: float,
    integration_latency: float | None,
) -> None:
    """Publish one request of a stage.

    Args:
        metrics: Those of the API's owner.
        api: The API's id.
        stage: The stage's name.
        status: Status of the answer.
        latency: Milliseconds from the request to the end of its answer.
        integration_latency: Those of the integration; None for a request that reached none.
    """
    name = (apigateway_v1._rest_apis.get(api) or {}).get("name")
    if name is None or stage not in (apigateway_v1._stages_v1.get(api) or {}):
        return
    counts = {
        "4XXError": [float(400 <= status < 500)],
        "5XXError": [float(status >= 500)],
        "Count": [1.0],
    }
    times = {
        "Latency": [latency],
        "IntegrationLatency": [] if integration_latency is None else [integration_latency],
    }
    for dimensions in ({"ApiName": name}, {"ApiName": name, "Stage": stage}):
        metrics.put(NAMESPACE, counts, dimensions, unit="Count")
        metrics.put(NAMESPACE, times, dimensions, unit="Milliseconds", each=True)
