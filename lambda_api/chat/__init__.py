"""OpenAI's chat completions, whole or streamed, made by one upstream.

Decisions: docs/decisions/0021-bytes-pass-through.md, 0022-what-failures-look-like.md,
0070-a-conversation-has-one-prefix-id.md and 0089-whole-answers-are-assembled.md.
"""
