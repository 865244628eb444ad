"""Lines that are metrics."""

from __future__ import annotations

from lambda_api.http.metric_log import MetricLog, metric


def test_a_line_names_its_metrics_and_dimensions(settings, log):
    MetricLog(settings).write({"Weight": metric("Count", 3)}, {"route": "GET /"}, {"why": "so"})

    (line,) = log.lines
    (described,) = line["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == settings.metrics_namespace
    assert described["Dimensions"] == [["service", "stage", "route"]]
    assert [told["Name"] for told in described["Metrics"]] == ["Weight"]
    assert (line["Weight"], line["route"], line["why"]) == ([3.0], "GET /", "so")
    assert (line["service"], line["stage"]) == (settings.service_name, settings.stage)


def test_a_line_is_one_write_so_threads_cannot_share_it(settings, log):
    MetricLog(settings).note_start(2.5)

    (text,) = log.writes
    assert text.count("\n") == 1
    assert text.endswith("\n")
    assert log.lines[0]["ColdStart"] == [2.5]


def test_an_object_that_cannot_be_read_is_counted_and_named(settings, log):
    MetricLog(settings).note_unreadable("resp_1")

    (line,) = log.lines
    assert (line["UnreadableObjects"], line["object_id"]) == ([1.0], "resp_1")
