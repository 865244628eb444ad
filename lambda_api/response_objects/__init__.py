"""OpenAI's Response object and the events of its making, from chat completions.

The way back of `response_requests`: docs/decisions/0025-responses-are-chat-completions.md.
"""
