"""The fields of a chat completion that reach an engine, with the check of each.

OpenAI's are those of platform.openai.com/docs/api-reference/chat/create. The samplers choose among
the tokens that the model proposes: they cost a step over the vocabulary at most, end no request
that would not end without them (`max_tokens` and the context still hold), and read or change
nothing of another request. Sources: vLLM's `ChatCompletionRequest`, llama.cpp's server README,
SGLang's `ChatCompletionRequest`, DJL's chat schema for LMI.
"""

from __future__ import annotations

from lambda_api.admission import bounds
from lambda_api.admission.values import (
    Check,
    anything,
    boolean,
    integer,
    items,
    members,
    number,
    plain,
    text,
)

_any_int = integer(-1, 2**31 - 1)
_any_number = number(-1e9, 1e9)
_share = number(0, 1)
_label = text(bounds.LABEL)
_other = plain(bounds.OTHER_BYTES, bounds.OTHER_DEPTH)
_tokens = integer(1, bounds.TOKENS)
_seed = integer(-(2**63), 2**63 - 1)

OPENAI: dict[str, Check] = {
    "audio": _other,
    "frequency_penalty": anything,
    "function_call": _other,
    "logprobs": boolean,
    "max_completion_tokens": _tokens,
    "max_tokens": _tokens,
    "metadata": _other,
    "modalities": items(8, _label),
    "model": anything,
    "moderation": _other,
    "n": integer(1, bounds.CHOICES),
    "parallel_tool_calls": boolean,
    "prediction": plain(bounds.SCHEMA_BYTES, bounds.OTHER_DEPTH),
    "presence_penalty": anything,
    "prompt_cache_key": anything,
    "prompt_cache_options": _other,
    "prompt_cache_retention": _label,
    "reasoning_effort": _label,
    "safety_identifier": _label,
    "seed": _seed,
    "service_tier": _label,
    "store": boolean,
    "stream": anything,
    "stream_options": members(
        {
            "include_usage": boolean,
            "include_obfuscation": boolean,
            "continuous_usage_stats": boolean,  # vLLM's and SGLang's
        }
    ),
    "temperature": anything,
    "top_logprobs": integer(0, bounds.TOP_LOGPROBS),
    "top_p": anything,
    "user": _label,
    "verbosity": _label,
    "web_search_options": _other,
}
"""OpenAI's fields without schemas; `request.py` has the others. A field that takes `anything` is
held by the request's own schema."""

_VLLM, _LLAMA, _SGLANG, _LMI, _TGI = "vllm", "llama-cpp", "sglang", "lmi", "tgi"

SAMPLERS: dict[str, tuple[Check, frozenset[str]]] = {
    name: (check, frozenset(engines))
    for name, check, engines in (
        # Cut the proposals off: fewer tokens are left to choose from.
        ("top_k", _any_int, (_VLLM, _LLAMA, _SGLANG, _LMI)),
        ("min_p", _share, (_VLLM, _LLAMA, _SGLANG)),
        ("typical_p", _share, (_LLAMA, _LMI)),
        ("top_n_sigma", _any_number, (_LLAMA,)),
        ("xtc_probability", _share, (_LLAMA,)),
        ("xtc_threshold", _share, (_LLAMA,)),
        # Choose greedily, or at random.
        ("do_sample", boolean, (_LMI,)),
        ("dynatemp_range", _any_number, (_LLAMA,)),
        ("dynatemp_exponent", _any_number, (_LLAMA,)),
        ("mirostat", integer(0, 2), (_LLAMA,)),
        ("mirostat_tau", _any_number, (_LLAMA,)),
        ("mirostat_eta", _any_number, (_LLAMA,)),
        ("min_keep", _any_int, (_LLAMA,)),
        ("samplers", items(16, _label), (_LLAMA,)),
        # Make repetition less likely: a look back over the answer so far.
        ("repetition_penalty", number(0, 100), (_VLLM, _SGLANG, _LMI)),
        ("repeat_penalty", number(0, 100), (_LLAMA,)),
        ("repeat_last_n", _any_int, (_LLAMA,)),
        ("dry_multiplier", _any_number, (_LLAMA,)),
        ("dry_base", _any_number, (_LLAMA,)),
        ("dry_allowed_length", _any_int, (_LLAMA,)),
        ("dry_penalty_last_n", _any_int, (_LLAMA,)),
        ("dry_sequence_breakers", items(bounds.BREAKERS, text(bounds.STOP)), (_LLAMA,)),
        # Say where an answer may end; `max_tokens` and the context end it in any case.
        ("min_tokens", integer(0, bounds.TOKENS), (_VLLM, _SGLANG)),
        ("ignore_eos", boolean, (_VLLM, _LLAMA, _SGLANG)),
        ("stop_token_ids", items(bounds.LISTED, _any_int), (_VLLM, _SGLANG)),
        ("include_stop_str_in_output", boolean, (_VLLM,)),
        ("no_stop_trim", boolean, (_SGLANG,)),
        ("length_penalty", _any_number, (_VLLM,)),
        ("allowed_token_ids", items(bounds.LISTED, _any_int), (_VLLM,)),
        ("bad_words", items(bounds.LISTED, text(bounds.STOP)), (_VLLM,)),
        ("t_max_predict_ms", _any_int, (_LLAMA,)),
        # Write the answer, or the prompt, in another way; each is a switch.
        ("skip_special_tokens", boolean, (_VLLM, _SGLANG)),
        ("spaces_between_special_tokens", boolean, (_VLLM,)),
        ("add_generation_prompt", boolean, (_VLLM, _LLAMA)),
        ("continue_final_message", boolean, (_VLLM, _SGLANG)),
        ("include_reasoning", boolean, (_VLLM,)),
        ("separate_reasoning", boolean, (_SGLANG,)),
        ("stream_reasoning", boolean, (_SGLANG,)),
        ("reasoning_format", _label, (_LLAMA,)),
        ("timings_per_token", boolean, (_LLAMA,)),
        ("return_token_ids", boolean, (_VLLM,)),
        ("return_tokens_as_token_ids", boolean, (_VLLM,)),
    )
}
"""Samplers by name, with the engines that know each. A field of another engine passes too: no
engine is harmed by it, and a client need not know what is behind the API."""
