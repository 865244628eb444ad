"""Webhooks: signed events, told from a durable queue until taken or a day has passed.

Signed as OpenAI signs, so that `client.webhooks.unwrap()` checks an event:
github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
Decisions: docs/decisions/0027-webhooks.md and 0077-webhooks-come-from-a-queue.md.
"""
