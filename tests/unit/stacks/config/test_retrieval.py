from __future__ import annotations

from pathlib import Path

import pytest

from stacks.config import RetrievalConfig
from tests.support.stage_files import LOCAL, load, message


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path


HUB = {"model__artifacts": None, "model__hub": "Qwen/Qwen3-0.6B-GGUF:Q8_0"}


def test_the_section_alone_is_enough(root: Path) -> None:
    retrieval = load(root, LOCAL, **HUB, retrieval={}).retrieval
    assert retrieval == RetrievalConfig()
    assert load(root, LOCAL, **HUB, retrieval=None).retrieval is None


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"embedder": "bedrock"}, "retrieval.embedder_model: missing"),
        (
            {"embedder": "sagemaker", "embedder_model": "e5"},
            "retrieval.embedder_dimension: missing",
        ),
        ({"embedder_model": "e5"}, "retrieval.embedder_model: got 'e5'; must be left out"),
        ({"stores": [{"name": "a"}, {"name": "a"}]}, "retrieval.stores: got 'a' twice"),
        ({"stores": [{"name": "A b"}]}, "retrieval.stores.0.name"),
        ({"stores": [{"name": "a", "keys": []}]}, "retrieval.stores.0.keys"),
        ({"search_timeout_ms": 1}, "retrieval.search_timeout_ms"),
        ({"store": "s3-vectors", "embedder": "none"}, 'embedder: got "none"; must be another'),
    ],
)
def test_what_cannot_work_is_refused(root: Path, section: dict[str, object], said: str) -> None:
    assert said in message(root, LOCAL, **HUB, retrieval=section)


@pytest.mark.parametrize(
    "given",
    [
        {"type": "like", "key": "a", "value": 1},
        {"type": "eq", "key": "a"},
        {"type": "and", "filters": []},
        {"type": "or", "filters": [{"type": "eq"}]},
        {"type": "in", "key": "a", "value": ["b"] * 101},
        {"type": "eq", "key": "a", "value": "b" * 40_000},
    ],
)
def test_a_forced_filter_that_is_none_is_refused(root: Path, given: dict[str, object]) -> None:
    section = {"stores": [{"name": "a", "forced_filter": given}]}
    assert "retrieval.stores.0.forced_filter" in message(root, LOCAL, **HUB, retrieval=section)


def test_a_forced_filter_may_be_joined(root: Path) -> None:
    one = {"type": "eq", "key": "audience", "value": "public"}
    section = {"stores": [{"name": "a", "forced_filter": {"type": "and", "filters": [one]}}]}
    retrieval = load(root, LOCAL, **HUB, retrieval=section).retrieval
    assert retrieval is not None
    assert retrieval.stores[0].forced_filter == {"type": "and", "filters": [one]}
