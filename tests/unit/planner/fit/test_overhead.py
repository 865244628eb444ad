"""Memory beside weights and cache, against arithmetic."""

from __future__ import annotations

import pytest

from planner.fit.flags import EngineFlags
from planner.fit.overhead import overhead
from planner.hardware.catalogue import GIB, gpu
from planner.models.known import known_model

LLAMA = known_model("llama-3.1-8b")


def test_the_sampler_decides_where_many_sequences_are_allowed() -> None:
    many = overhead(LLAMA, gpu("H100"), 1, EngineFlags(version=(0, 11)))
    assert many.activations == 1024 * 128_256 * 38.4 + 8192 * 4096 * 2
    assert "sampler's warm-up, 1024 sequences x 128256 tokens" in many.decided_by


def test_a_large_step_decides_where_few_are() -> None:
    flags = EngineFlags(max_num_seqs=4, max_num_batched_tokens=16_384)
    found = overhead(LLAMA, gpu("H100"), 1, flags)
    assert found.decided_by == "a step of 16384 tokens"
    assert found.activations > overhead(LLAMA, gpu("H100"), 2, flags).activations


def test_memory_outside_of_torch_grows_with_a_second_gpu() -> None:
    one, two = (overhead(LLAMA, gpu("L4"), count, EngineFlags()) for count in (1, 2))
    assert (one.outside_torch / GIB, two.outside_torch / GIB) == pytest.approx((0.13, 0.55))


@pytest.mark.parametrize(
    ("flags", "counted"),
    [
        (EngineFlags(version=(0, 20)), False),
        (EngineFlags(version=(0, 21)), True),
        (EngineFlags(version=(0, 21), enforce_eager=True), False),
    ],
)
def test_graphs_count_since_vllm_0_21(flags: EngineFlags, counted: bool) -> None:
    assert (overhead(LLAMA, gpu("L4"), 1, flags).graphs > 0) is counted
