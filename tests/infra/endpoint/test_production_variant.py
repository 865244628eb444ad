"""A variant of several types, and one that meets the same beginnings again."""

from __future__ import annotations

import re
from typing import Any

from tests.support.synthesized import Synthesized


def variant(stage: Synthesized) -> dict[str, Any]:
    (only,) = stage.serving.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    found: dict[str, Any] = only
    return found


def test_fallback_types_are_pools_in_their_order(pooled: Synthesized) -> None:
    hosts = variant(pooled)
    assert "InstanceType" not in hosts
    # Other fallback types are another variant, too: SageMaker refuses to change a registered one's.
    assert re.fullmatch("g6e-xlarge-[0-9a-f]{6}", hosts["VariantName"])
    assert hosts["InstancePools"] == [
        {"InstanceType": "ml.g6e.xlarge", "Priority": 1},
        {"InstanceType": "ml.g6e.2xlarge", "Priority": 2},
        {"InstanceType": "ml.g6.xlarge", "Priority": 3},
    ]


def test_requests_that_begin_alike_meet_the_same_instance(pooled: Synthesized) -> None:
    assert variant(pooled)["RoutingConfig"] == {
        "RoutingStrategy": "PREFIX_AWARE",
        "PrefixAwareRoutingConfig": {
            "PrefixLength": 2048,
            "ConcurrencyThreshold": 64,  # as many as the engine decodes at once
        },
    }
