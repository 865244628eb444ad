"""Candidates: which pairs of instance type and format fit."""

from __future__ import annotations

import pytest

from planner.errors import PlanError
from planner.models.known import known_model
from planner.recommend.candidates import candidates, models
from tests.support.needs import scenario

LLAMA = known_model("llama-3.1-8b")


def test_of_types_with_the_same_gpus_the_cheapest_that_holds_the_weights_is_taken() -> None:
    found = {(each.instance, each.format) for each in candidates(scenario(4), LLAMA, "endpoint")}
    assert ("ml.g5.xlarge", "awq") in found
    assert ("ml.g5.2xlarge", "bf16") in found  # 15 GiB of weights, and 16 of the xlarge's host
    assert ("ml.g5.xlarge", "bf16") not in found
    assert ("ml.g5.4xlarge", "bf16") not in found


def test_batch_transform_has_fewer_types() -> None:
    found = {each.instance for each in candidates(scenario(2), LLAMA, "transform")}
    assert "ml.g6e.xlarge" in found
    assert not {name for name in found if name.startswith(("ml.p", "ml.g7"))}


def test_only_evaluated_formats_are_tried() -> None:
    assert [each.format.name for each in models(scenario(1), LLAMA)] == ["bf16"]
    assert [each.format.name for each in models(scenario(4), LLAMA)] == ["bf16", "awq"]
    with pytest.raises(PlanError, match="quantization"):
        models(scenario(1, evaluated=["int3"]), LLAMA)


def test_what_does_not_fit_is_refused_with_the_sum_and_what_would() -> None:
    with pytest.raises(PlanError) as refused:
        candidates(scenario(10), LLAMA, "endpoint")
    told = str(refused.value)
    assert "weights 14.96 + 131072 tokens of KV cache 16.00 + overhead 1.01 = 31.97 GiB" in told
    assert "or ml.g6e.xlarge (196512 tokens of KV cache" in told
    assert "4-bit weights there, once evaluated" in told


def test_no_more_is_asked_of_a_model_than_it_was_made_for() -> None:
    with pytest.raises(PlanError, match=r"got 200000 tokens for llama-3\.1-8b, which was made for"):
        candidates(scenario(1, context=200_000), LLAMA, "endpoint")
    long = scenario(1, tokens_in=130_000, tokens_out=1_000)
    assert {each.serving.fit.context for each in candidates(long, LLAMA, "endpoint")} == {131_072}


@pytest.mark.parametrize("region", ["eu-west-1", "eu-north-7"])
def test_a_region_without_prices_is_refused(region: str) -> None:
    with pytest.raises(PlanError, match=f"region: got '{region}', which has no prices"):
        candidates(scenario(1, region=region), LLAMA, "endpoint")
