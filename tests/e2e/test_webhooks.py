"""The webhook of the deployed stage, told by queues and functions, although it fails first."""

from __future__ import annotations

from openai import OpenAI

from tests.support.eventually import eventually
from tests.support.webhook_receiver import SECRET, WebhookReceiver


def test_an_event_comes_again_until_it_is_taken(
    client: OpenAI, model: str, webhooks: WebhookReceiver
):
    response = client.responses.create(model=model, input="What is a shard?", background=True)
    event_id = response.id.replace("resp_", "evt_")

    eventually(lambda: [a.status for a in webhooks.of(event_id)] == [503, 204])
    attempts = webhooks.of(event_id)
    assert attempts[0].body == attempts[1].body
    for attempt in attempts:
        event = client.webhooks.unwrap(attempt.body, attempt.headers, secret=SECRET)
        assert event.type == "response.completed"
        assert event.data.id == response.id
    assert client.responses.retrieve(response.id).status == "completed"
