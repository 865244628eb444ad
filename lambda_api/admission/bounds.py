"""The bounds of a request: one constant each, with the reason for its value.

Where OpenAI documents a bound, that is the value or a multiple of it: what works there works here.
"""

from __future__ import annotations

CHOICES = 8
"""Answers to one request. Each takes a sequence slot of the engine: 128 of them left none to
others on vLLM 0.30, while slots are 4 (llama.cpp) to 256 (vLLM) by default."""

TOKENS_OF_ALL_CHOICES = 32_768
"""Tokens of several answers together, `n` times the limit of one. A single answer may be as long
as the context; this holds what a caller multiplies."""

TOKENS = 2**24
"""Tokens of one answer; beyond any context there is (10 M). Engines keep them in 32 bits."""

MESSAGES = 2_048
"""Messages of a conversation: OpenAI's limit. A chat template runs over each."""

PARTS = 2_048
"""Parts of all messages together; a part costs the template what a message does."""

MEDIA = 32
"""Images, sounds and films of a request: each is fetched or decoded before the engine queues."""

MEDIA_URL = 2_048
"""Characters of a URL that is no `data:`; those are bounded by the body."""

TOOLS = 128
"""Tools of a request, and calls in one message: OpenAI's limit. All tools are one grammar."""

NAME = 64
"""Characters of the name of a tool or a schema: OpenAI's limit."""

LABEL = 2_048
"""Characters of a text that only labels or selects: `user`, `service_tier`, `reasoning_effort`."""

STOPS = 4
"""Stop sequences, each looked for in the text at every token: the limit of OpenAI, and of vLLM."""

STOP = 256
"""Characters of a stop sequence, which hold back as much of a stream."""

BREAKERS = 16
"""Texts at which llama.cpp's DRY sampler begins anew, looked for like stop sequences."""

LOGIT_BIASES = 1_024
"""Tokens with a bias, which the sampler applies at every token; OpenAI names 300."""

LOGIT_BIAS = 100
"""The largest bias, either way: OpenAI's limit."""

LISTED = 256
"""Entries of a sampler's list, such as `stop_token_ids`, which is searched at every token."""

TOP_LOGPROBS = 20
"""Alternatives told for each token: OpenAI's limit, and vLLM's default `--max-logprobs`."""

OTHER_BYTES = 65_536
"""JSON of a field that is passed on unread, such as `metadata` or an engine field."""

OTHER_DEPTH = 16
"""Nesting of such a field."""

TEMPLATE_BYTES = 4_096
"""JSON of `chat_template_kwargs`. They are switches (`enable_thinking`); a template may loop over
them, on the one thread that all requests are tokenized on."""

TEMPLATE_DEPTH = 4
"""Nesting of `chat_template_kwargs`."""

SCHEMA_BYTES = 262_144
"""JSON of all schemas of a request together: twice the 120,000 characters of names and values that
OpenAI allows, so that their schemas fit."""

SCHEMA_DEPTH = 64
"""JSON nesting of a schema. OpenAI allows 10 levels of objects; with lists and alternatives each
takes up to 6. Converters recurse over it."""

SCHEMA_PROPERTIES = 2_000
"""Properties of all schemas of a request: each becomes rules. OpenAI allows one
schema 5,000."""

SCHEMA_OBJECT = 500
"""Properties of one object. Optional ones may come in any choice, which llama.cpp writes out: 500
took it 0.6 s, 2,000 took 16 s."""

SCHEMA_ENUM = 1_000
"""Enum members of all schemas of a request: OpenAI's limit for one. 100,000 kept vLLM 0.30 for
more than 30 s."""

SCHEMA_ALTERNATIVES = 512
"""Members of `allOf`, `anyOf`, `oneOf`, `prefixItems` and the like, of all schemas together."""

SCHEMA_REFERENCES = 512
"""`$ref`s of all schemas of a request."""

SCHEMA_EXPANDED = 10_000
"""Objects of a schema with each `$ref` replaced by its target. Some compilers do replace: 30
definitions that name the next one twice are 2**30."""

SCHEMA_PATH = 192
"""Nesting of a schema through `$ref`s, up to where it comes back to itself."""

SCHEMA_ITEMS = 2_000
"""`minItems`, `maxItems` and the like. llama.cpp refuses more repetitions in a grammar."""

SCHEMA_LENGTH = 100_000
"""`minLength` and `maxLength`. Common in generated schemas, and one rule however large."""

PATTERN = 1_024
"""Characters of a regular expression."""

PATTERN_GROUPS = 16
"""Nesting of groups. 60,000 parentheses ended a llama.cpp process: its parser recurses."""

PATTERN_ATOMS = 2_000
"""Characters that a request's regular expressions match with repetitions written out, which is how
grammars hold them. Three times `{0,1000}` inside another is 10**9, and wedged llama.cpp."""

PATTERN_STEPS = 3_000
"""Ways from one character of a request's regular expressions to the next. `a?` 90 times has 4,000
and held llama.cpp for 0.3 s at a time, 200 times 20,000 and 5 s, while an ambiguous pattern makes
it try them all for each token of its vocabulary."""

GRAMMAR_NESTING = 64
"""Open brackets in an engine field's text, where config lets a grammar through."""
