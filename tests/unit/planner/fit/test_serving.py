"""A model on an instance type: the GPUs that share it, and the speed that comes with it."""

from __future__ import annotations

import pytest

from planner.errors import PlanError
from planner.fit.flags import EngineFlags
from planner.fit.serving import required, serve
from planner.models.known import known_model

FLAGS = EngineFlags(max_num_seqs=32, max_model_len=16_384)


def test_all_gpus_share_the_model_unless_fewer_are_asked_for() -> None:
    model = known_model("qwen3-8b")
    assert serve(model, "ml.g6e.12xlarge", FLAGS).fit.gpus == 4
    assert serve(model, "ml.g6e.12xlarge", FLAGS, gpus=1).fit.gpus == 1
    with pytest.raises(PlanError, match=r"got 5 of ml\.g6e\.12xlarge; must be 1 to 4"):
        serve(model, "ml.g6e.12xlarge", FLAGS, gpus=5)


def test_the_speed_holds_as_many_tokens_as_fit() -> None:
    found = serve(known_model("llama-3.1-8b"), "ml.g5.2xlarge", FLAGS, cached=0.5)
    assert found.speed.kv_tokens == found.fit.kv_tokens
    assert (found.speed.slots, found.speed.cached, found.speed.measured) == (32, 0.5, True)


def test_a_model_that_must_fit_and_does_not_says_what_it_takes() -> None:
    with pytest.raises(
        PlanError, match=r"'qwen3-32b' does not fit ml\.g5\.2xlarge: weights 61\.02"
    ):
        required(serve(known_model("qwen3-32b"), "ml.g5.2xlarge", FLAGS))
