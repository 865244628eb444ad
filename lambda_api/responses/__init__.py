"""OpenAI's Responses API on top of chat completions, at once or in the background.

Decisions: docs/decisions/0025-responses-are-chat-completions.md,
0026-a-background-response-is-two-objects.md and 0027-webhooks.md.
"""
