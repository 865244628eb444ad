"""Recommendations as lines, documents and pages."""

from __future__ import annotations

import json

from planner.recommend.decide import recommend
from planner.report.recommendation import document, lines, page
from tests.support.needs import scenario

FOUND = recommend(scenario(1))


def test_every_line_has_a_heading_and_the_deciding_arithmetic_is_there() -> None:
    told = [*lines(FOUND)]
    assert {"type", "topology", "instances", "scaling", "cost", "runner-up"} <= {*dict(told)}
    assert any("x 1.515 = 338 USD" in text for name, text in told if name == "because")


def test_the_document_is_json_with_provenance() -> None:
    told = json.loads(json.dumps(document(FOUND)))
    assert (told["type"], told["instance"]) == ("real-time", "ml.g5.2xlarge")
    assert told["provenance"]["speed"]["measured"] is True
    assert told["usd_per_month"]["instances"] == 337.75


def test_the_page_needs_no_other_file_and_is_escaped() -> None:
    text = page(FOUND)
    assert "ms &gt; 50 ms" in text
    assert "http" not in text.partition("<h1>")[0]
    assert "<script" not in text


def test_what_is_not_deployed_says_so() -> None:
    assert dict(lines(recommend(scenario(9))))["config"].startswith("none")
