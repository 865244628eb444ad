"""Models under llama.cpp, whose cache is as long as all contexts together."""

from __future__ import annotations

import pytest

from planner.errors import PlanError
from planner.fit.llama_cpp import Slots, llama_cpp_refusal
from planner.models.known import known_model

LLAMA = known_model("llama-3.1-8b")


def test_an_8b_model_at_prods_settings_takes_128_gib_of_cache() -> None:
    told = llama_cpp_refusal(LLAMA, Slots(count=64, context=16384), 92.4)
    assert told is not None
    assert told.startswith(
        "weights 14.96 + KV cache 128.00 (16384 tokens x 64 sequences) = 142.96 GiB; the instance "
        "has 92.4; must be"
    )
    assert "at most 38 sequences of this context" in told


@pytest.mark.parametrize(
    ("types", "gib"), [(("f16", "f16"), 128.0), (("q8_0", "q8_0"), 68.0), (("f16", "q8_0"), 98.0)]
)
def test_the_cache_is_as_wide_as_its_types(types: tuple[str, str], gib: float) -> None:
    slots = Slots(count=64, context=16384, cache_types=types)
    assert llama_cpp_refusal(LLAMA, slots, 14.97 + gib) is None
    assert llama_cpp_refusal(LLAMA, slots, 14.95 + gib) is not None


def test_weights_alone_may_be_too_much() -> None:
    told = llama_cpp_refusal(LLAMA, Slots(count=1, context=128), 8)
    assert told is not None
    assert "at most" not in told


def test_a_type_that_llama_cpp_does_not_have_is_refused() -> None:
    with pytest.raises(PlanError, match="cache type: got 'fp8'; must be one of f32"):
        _ = Slots(count=1, context=128, cache_types=("fp8", "f16")).element_bytes
