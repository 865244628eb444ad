"""Each engine's words for a request that does not fit."""

from __future__ import annotations

import pytest

from lambda_api.engine.refusals import is_context_overflow

OVERFLOWS = {
    "llama.cpp": '{"error":{"code":400,"message":"request (6013 tokens) exceeds the available '
    'context size (512 tokens), try increasing it","type":"exceed_context_size_error"}}',
    "vLLM": "This model's maximum context length is 8192 tokens. However, you requested 9000 "
    "tokens (8000 in the messages, 1000 in the completion).",
    "vLLM, max_tokens": "'max_tokens' or 'max_completion_tokens' is too large: 9000. This model's "
    "maximum context length is 8192 tokens and your request has 12 input tokens",
    "vLLM, prompt": "The decoder prompt (length 9000) is longer than the maximum model length of "
    "8192.",
    "vLLM, newer": "You passed 9001 input tokens and requested 10 output tokens. However, the "
    "model's context length is only 8192 tokens",
    "SGLang": "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
    "SGLang, total": "Requested token count exceeds the model's maximum context length of 4096",
    "TGI": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: "
    "4000 `inputs` tokens and 1000 `max_new_tokens`",
    "TGI, inputs": "Input validation error: `inputs` must have less than 1024 tokens. Given: 2000",
}


@pytest.mark.parametrize("engine", OVERFLOWS)
def test_a_context_that_is_too_small_is_recognized(engine):
    assert is_context_overflow(OVERFLOWS[engine])


@pytest.mark.parametrize(
    "refusal",
    [
        "",
        "temperature must be in [0, 2]",
        "the context of this error is unknown",
        "inputs: missing",
    ],
)
def test_another_refusal_is_not(refusal):
    assert not is_context_overflow(refusal)
