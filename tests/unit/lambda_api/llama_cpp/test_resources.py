"""Memory and threads: what fits, and how many compute."""

from __future__ import annotations

import pytest

from lambda_api.llama_cpp.resources import placement, threads
from lambda_api.llama_cpp.weights import EngineStartError

MB = 2**20


@pytest.mark.parametrize(("weights", "placed"), [(500, "repacked"), (501, "mapped")])
def test_a_copy_is_made_where_there_is_room(weights: int, placed: str) -> None:
    assert placement(weights * MB, 1000) == placed


def test_weights_that_do_not_fit_are_refused_with_the_sum() -> None:
    with pytest.raises(EngineStartError, match="got 1001 MB; must be at most 1000 MB"):
        placement(1000 * MB + 1, 1000)


@pytest.mark.parametrize(
    ("weights", "memory", "cpus", "count"),
    [
        (4 * MB, 10_240, 6, 1),
        (500 * MB, 10_240, 6, 5),
        (500 * MB, 10_240, 2, 1),
        (500 * MB, 5_307, 3, 2),
        (500 * MB, 512, 1, 1),
    ],
)
def test_only_whole_cores_compute(weights: int, memory: int, cpus: int, count: int) -> None:
    assert threads(weights, memory, cpus) == count
