"""Requests for responses: OpenAI's items, tools and options as chat completions, and back.

Decisions: docs/decisions/0025-responses-are-chat-completions.md and
0086-what-of-a-response-is-translated.md.
"""
