"""A stage without [api] is its endpoint: nothing waits for requests, nothing imports."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.synthesized import Synthesized
from tests.support.synthesizer import NO_JOBS


@pytest.fixture(scope="module")
def alone(synthesize: Callable[..., Synthesized]) -> Synthesized:
    return synthesize("prod", api=None, **NO_JOBS)


def test_only_the_endpoint_is_deployed(alone: Synthesized, bare: Synthesized) -> None:
    assert list(alone.stacks) == ["serving"]
    assert alone.serving.raw["Resources"] == bare.serving.raw["Resources"]


def test_its_name_is_exported_so_that_an_api_may_be_taken_out(
    alone: Synthesized, bare: Synthesized
) -> None:
    assert alone.serving.outputs == bare.serving.outputs
