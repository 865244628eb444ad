"""Instance types side by side."""

from __future__ import annotations

import json

import pytest

from planner.errors import PlanError
from planner.fit.flags import EngineFlags
from planner.fit.options import as_document, options
from planner.hardware.catalogue import instance_type
from planner.models.known import known_model

MODEL = known_model("qwen3-14b")
TYPES = [instance_type(name) for name in ("ml.g5.2xlarge", "ml.g7e.2xlarge", "ml.p5e.48xlarge")]


def test_cost_is_the_price_by_the_tokens_of_an_hour() -> None:
    small, large, unpriced = options(MODEL, TYPES, EngineFlags(max_model_len=8192))
    assert (small.concurrency, small.usd_per_million) == (0, None)
    assert unpriced.usd_per_million is None
    assert large.latency is not None
    hourly = large.concurrency * 256 / large.latency.end_to_end * 3600
    assert large.usd_per_million == pytest.approx(4.2039 / hourly * 1e6)


def test_an_instance_holds_as_many_requests_as_cache_and_slots_do() -> None:
    flags = EngineFlags(max_model_len=8192)
    (free,) = options(MODEL, TYPES[1:2], flags, tokens=(4096, 1024))
    assert free.concurrency == free.fit.kv_tokens // 5120
    (few,) = options(MODEL, TYPES[1:2], EngineFlags(max_num_seqs=8), tokens=(4096, 1024))
    assert few.concurrency == 8


def test_a_document_is_json() -> None:
    document = as_document(MODEL, options(MODEL, TYPES, EngineFlags(max_model_len=8192)))
    told = json.loads(json.dumps(document))
    assert [option["fits"] for option in told["options"]] == [False, True, True]
    assert told["options"][0]["refusal"].startswith("weights 27.51")


def test_a_request_longer_than_the_context_is_refused() -> None:
    for flags in (EngineFlags(max_model_len=8192), EngineFlags()):
        longest = flags.max_model_len or 131_072
        with pytest.raises(PlanError, match=f"at most the context of {longest} together"):
            options(known_model("llama-3.1-8b"), [], flags, tokens=(longest, 1))


def test_a_context_shorter_than_the_usual_request_has_a_shorter_one() -> None:
    flags = EngineFlags(max_model_len=1024)
    (usual,) = options(MODEL, TYPES[1:2], flags)
    assert (usual,) == tuple(options(MODEL, TYPES[1:2], flags, tokens=(768, 256)))
