"""Fields, media, sizes and numbers that reach further than a caller should."""

from __future__ import annotations

import json

from tests.support.hostile.request import QUESTION, WEDGE, chat, part, raw

ENGINE_FIELDS = (
    chat(
        "a grammar of 60,000 parentheses",
        "grammar",
        grammar="root ::= " + "(" * 60_000 + '"a"' + ")" * 60_000,
    ),
    chat("llama.cpp's schema", "json_schema", json_schema={"type": "string", "pattern": WEDGE}),
    chat("a parser of another model", "chat_parser", chat_parser="x"),
    chat("an adapter of another caller", "lora", lora=[{"id": 0, "scale": 9}]),
    chat("the slot of another caller", "id_slot", id_slot=0),
    chat("no cache", "cache_prompt", cache_prompt=False),
    chat("tokens without end", "n_predict", n_predict=-1),
    chat("the whole vocabulary, sorted", "n_probs", n_probs=1_000_000),
    chat("vLLM's grammar", "structured_outputs", structured_outputs={"regex": WEDGE}),
    chat("vLLM's older grammar", "guided_regex", guided_regex=WEDGE),
    chat("before all others", "priority", priority=-1_000_000),
    chat("the logprobs of the prompt", "prompt_logprobs", prompt_logprobs=2_000),
    chat("a beam search", "use_beam_search", use_beam_search=True),
    chat("code of SGLang's", "custom_logit_processor", custom_logit_processor="gASV"),
    chat("another engine's cache", "kv_transfer_params", kv_transfer_params={"remote_host": "h"}),
    chat("another name for a request", "request_id", request_id="x"),
    chat("a template", "chat_template", chat_template="{% for i in range(10**9) %}{% endfor %}"),
    chat("TGI's guideline", "guideline", guideline="x"),
    chat("a field that nobody knows", "x" * 60, **{"x" * 5_000: 1}),
    chat("another format", "response_format.type", response_format={"type": "structural_tag"}),
    chat(
        "TGI's regex as a format",
        "response_format.type",
        response_format={"type": "regex", "value": WEDGE},
    ),
    chat("a field inside stream options", "stream_options.x", stream_options={"x": 1}),
)


TEMPLATES = (
    chat(
        "a template as an argument",
        "chat_template_kwargs.chat_template",
        chat_template_kwargs={"chat_template": "{{ 1 }}"},
    ),
    chat(
        "tokens for the server to count",
        "chat_template_kwargs.tokenize",
        chat_template_kwargs={"tokenize": True},
    ),
    chat("other messages", "chat_template_kwargs.messages", chat_template_kwargs={"messages": []}),
    chat("a long argument", "chat_template_kwargs", chat_template_kwargs={"x": "y" * 100_000}),
    chat("a deep argument", "chat_template_kwargs", chat_template_kwargs={"x": [[[[[[1]]]]]]}),
    chat("arguments that are none", "chat_template_kwargs", chat_template_kwargs=[1]),
)


MEDIA = (
    part(
        "the cloud's metadata as an image",
        ".image_url.url",
        type="image_url",
        image_url={"url": "http://169.254.169.254/"},
    ),
    part(
        "an address inside",
        ".image_url.url",
        type="image_url",
        image_url={"url": "https://10.0.0.1/a.png"},
    ),
    part(
        "a private name",
        ".image_url.url",
        type="image_url",
        image_url={"url": "https://db.internal/a.png"},
    ),
    part(
        "a port", ".image_url.url", type="image_url", image_url={"url": "https://example.com:6379/"}
    ),
    part(
        "a login", ".image_url.url", type="image_url", image_url={"url": "https://a@example.com/"}
    ),
    part("a file", ".image_url.url", type="image_url", image_url={"url": "file:///etc/passwd"}),
    part(
        "an address in one number",
        ".video_url.url",
        type="video_url",
        video_url={"url": "https://2130706433/"},
    ),
    part("a part of no kind", ".type", type="pickle", data="x"),
    part("a field inside a part", ".x", type="text", text="x", x=1),
    chat(
        "1,000 images",
        "messages[0].content[0].type",
        messages=[
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": "data:,"}}] * 1_000,
            }
        ],
    ),
    chat(
        "10,000 parts",
        "messages",
        messages=[{"role": "user", "content": [{"type": "text", "text": ""}] * 10_000}],
    ),
)


SIZES = (
    chat("every slot", "n", n=128),
    chat("8 answers as long as books", "n", n=8, max_tokens=100_000),
    chat("tokens beyond 32 bits", "max_tokens", max_tokens=2**40),
    chat("5,000 stops", "stop", stop=["x"] * 5_000),
    chat("a stop of 100,000 characters", "stop", stop="x" * 100_000),
    chat("a bias for each token", "logit_bias", logit_bias={str(n): 1 for n in range(50_000)}),
    chat("a bias for no token", "logit_bias", logit_bias={"x": 1}),
    chat("a bias out of range", "logit_bias.1", logit_bias={"1": 1e9}),
    chat("10,000 messages", "messages", messages=QUESTION * 10_000),
    chat(
        "a field inside a message",
        "messages[0].grammar",
        messages=[{**QUESTION[0], "grammar": "x"}],
    ),
    chat(
        "1,000 calls",
        "messages[0].tool_calls",
        messages=[{"role": "assistant", "tool_calls": [{"id": "1"}] * 1_000}],
    ),
    chat("every logprob", "top_logprobs", logprobs=True, top_logprobs=100_000),
    chat("20,000 bad words", "bad_words", bad_words=["x"] * 20_000),
    chat("metadata of 100 KB", "metadata", metadata={"x": "y" * 100_000}),
    chat("metadata, deep", "metadata", metadata=json.loads("[" * 100 + "]" * 100)),
    chat("a seed beyond 64 bits", "seed", seed=2**70),
    chat("a sampler that is no number", "top_k", top_k="all"),
    chat("a sampler out of range", "min_p", min_p=7),
)


NUMBERS = (
    raw("1e999 as a sampler", "repeat_penalty", '"repeat_penalty": 1e999'),
    raw("NaN as a sampler", "min_p", '"min_p": NaN'),
    raw("infinity below", "metadata", '"metadata": {"x": [-Infinity]}'),
    raw("1e999 as a temperature", "temperature", '"temperature": 1e999'),
    raw("5,000 digits", None, f'"seed": {"9" * 5_000}'),
    raw("100,000 brackets", None, f'"metadata": {"[" * 100_000}{"]" * 100_000}'),
    raw("half a surrogate pair", None, '"user": "\\ud800"'),
)
