from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.ministack_hooks.metrics.embedded import Samples, samples_of


def line(**changes: Any) -> str:
    directive = {
        "Namespace": "Twin",
        "Dimensions": [["stage"], ["stage", "route"]],
        "Metrics": [{"Name": "Tokens", "Unit": "Count"}, {"Name": "Seconds"}],
    }
    document = {
        "_aws": {"Timestamp": 1_700_000_000_500, "CloudWatchMetrics": [directive]},
        "stage": "dev",
        "route": "/v1/chat",
        "Tokens": [3, 4],
        "Seconds": 0.5,
        **changes,
    }
    return json.dumps(document)


def test_each_metric_has_each_set_of_dimensions() -> None:
    both = {"stage": "dev", "route": "/v1/chat"}
    tokens = {"namespace": "Twin", "name": "Tokens", "unit": "Count", "at": 1_700_000_000.5}
    seconds = {**tokens, "name": "Seconds", "unit": "None"}
    assert samples_of(line()) == [
        Samples(**tokens, dimensions={"stage": "dev"}, values=[3.0, 4.0]),
        Samples(**seconds, dimensions={"stage": "dev"}, values=[0.5]),
        Samples(**tokens, dimensions=both, values=[3.0, 4.0]),
        Samples(**seconds, dimensions=both, values=[0.5]),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "START RequestId: 1",
        '{"level": "INFO"}',
        '{"_aws": ',
        '{"_aws": 3}',
        '{"_aws": {"Timestamp": 1}}',
        line(Tokens="many"),
        line(_aws={"Timestamp": "soon", "CloudWatchMetrics": []}) + "x",
    ],
)
def test_line_that_is_no_metric_is_a_line(text: str) -> None:
    assert samples_of(text) == []
