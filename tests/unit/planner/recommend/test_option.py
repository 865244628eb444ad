"""Options in words."""

from __future__ import annotations

from planner.recommend.option import Miss, Option
from tests.support.needs import candidate, scenario


def test_an_option_names_count_type_and_format() -> None:
    on = candidate(scenario(1), "ml.g5.2xlarge")
    option = Option(kind="real-time", candidate=on, least=1, most=4, hours=100.0)
    assert option.name == "1 to 4 x ml.g5.2xlarge, bf16"
    assert option.usd == 151.5


def test_a_miss_is_a_comparison() -> None:
    assert Miss("per token", 66.7, 50, "ms").sentence == "per token 66.7 ms > 50 ms"
