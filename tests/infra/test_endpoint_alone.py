"""A stage without [api] is its endpoint: nothing waits for requests, nothing is exported."""

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


def test_no_other_stack_needs_it(alone: Synthesized) -> None:
    assert [name for name, output in alone.serving.outputs.items() if "Export" in output] == []
