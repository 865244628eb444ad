from __future__ import annotations

import json

from features.settings import Settings
from features.telemetry import log, put_metrics


def test_metrics_are_a_line_that_cloudwatch_reads(capsys):
    put_metrics(Settings(stage="prod"), {"FreshnessSeconds": 2.5, "DocumentsFailed": 1}, "docs")
    line = json.loads(capsys.readouterr().out)
    (told,) = line["_aws"]["CloudWatchMetrics"]
    assert told["Dimensions"] == [["stage"], ["stage", "store"]]
    assert told["Metrics"] == [
        {"Name": "FreshnessSeconds", "Unit": "Seconds"},
        {"Name": "DocumentsFailed", "Unit": "Count"},
    ]
    assert (line["stage"], line["store"], line["FreshnessSeconds"]) == ("prod", "docs", 2.5)


def test_a_log_line_is_json(capsys):
    log("INFO", "published", store="docs")
    assert json.loads(capsys.readouterr().out) == {
        "level": "INFO",
        "message": "published",
        "store": "docs",
    }
