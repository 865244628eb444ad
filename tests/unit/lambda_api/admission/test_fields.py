"""The table of fields: engines that exist, and checks that hold."""

from __future__ import annotations

import pytest

from lambda_api.admission.fields import OPENAI, SAMPLERS
from lambda_api.errors import InvalidRequestError

REACH_INTO_THE_ENGINE = {
    "grammar", "json_schema", "chat_parser", "lora", "id_slot", "cache_prompt", "n_predict",
    "n_probs", "structured_outputs", "guided_json", "priority", "request_id", "kv_transfer_params",
    "chat_template", "custom_logit_processor", "mm_processor_kwargs", "cache_salt",
}  # fmt: skip


def test_samplers_are_of_engines_that_there_are():
    assert {engine for _, engines in SAMPLERS.values() for engine in engines} == {
        "vllm", "llama-cpp", "sglang", "lmi",
    }  # fmt: skip


def test_what_reaches_into_the_engine_is_on_no_list():
    assert not REACH_INTO_THE_ENGINE & (OPENAI.keys() | SAMPLERS.keys())


@pytest.mark.parametrize("name", SAMPLERS)
def test_no_sampler_takes_what_no_engine_can(name):
    check, _ = SAMPLERS[name]
    for value in (float("inf"), float("nan"), 10**400, {"a": 1}, "x" * 10_000, [[1]] * 10_000):
        with pytest.raises(InvalidRequestError):
            check(value, name)
