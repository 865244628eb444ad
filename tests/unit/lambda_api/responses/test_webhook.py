"""Webhooks, checked by OpenAI's own client."""

from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
import pytest

from lambda_api.responses.webhook import Webhook, WebhookError

RESPONSE_ID = f"resp_{'0' * 32}"
SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes....").decode()


class Receiver(BaseHTTPRequestHandler):
    """Answers with the next of the server's statuses, then with the last."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append((dict(self.headers), body))
        statuses = self.server.statuses
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.send_header("location", "http://127.0.0.1:1/")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_args):
        pass


@pytest.fixture
def receiver():
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.received, server.statuses = [], [200]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def webhook(receiver):
    hooks = []

    def webhook(secret=SECRET):
        hooks.append(Webhook(f"http://127.0.0.1:{receiver.server_port}/hook", secret, waits=(0, 0)))
        return hooks[-1]

    yield webhook
    for hook in hooks:
        hook.close()


@pytest.fixture
def client():
    with openai.OpenAI(api_key="x") as client:
        yield client


@pytest.mark.parametrize("secret", [SECRET, "any other text"])
@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "incomplete"])
def test_openais_client_accepts_an_event(receiver, webhook, client, secret, status):
    webhook(secret).send(f"response.{status}", RESPONSE_ID, 1_795_000_000)
    ((headers, body),) = receiver.received
    event = client.webhooks.unwrap(body, headers, secret=secret)

    assert event.type == f"response.{status}"
    assert event.data.id == RESPONSE_ID
    assert event.created_at == 1_795_000_000
    assert event.id == headers["webhook-id"]


def test_another_secret_or_body_is_not_accepted(receiver, webhook, client):
    webhook().send("response.completed", RESPONSE_ID, 0)
    ((headers, body),) = receiver.received

    for forged, secret in ((body + b" ", SECRET), (body, "another")):
        with pytest.raises(openai.InvalidWebhookSignatureError):
            client.webhooks.unwrap(forged, headers, secret=secret)


def test_it_is_tried_again_with_the_same_event(receiver, webhook):
    receiver.statuses = [500, 302, 204]
    webhook().send("response.completed", RESPONSE_ID, 0)

    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 1
    assert len({body for _, body in receiver.received}) == 1
    assert len(receiver.received) == 3


def test_an_address_that_never_takes_it_is_an_error_that_hides_the_address(receiver, webhook):
    receiver.statuses = [404]

    with pytest.raises(WebhookError, match="answered 404") as caught:
        webhook().send("response.completed", RESPONSE_ID, 0)
    assert "hook/" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)
    assert len(receiver.received) == 3


def test_an_address_that_is_not_there_is_an_error():
    hook = Webhook("http://127.0.0.1:1/secret-path", SECRET, waits=())

    with pytest.raises(WebhookError, match=r"NewConnection|ConnectTimeout") as caught:
        hook.send("response.completed", RESPONSE_ID, 0)
    assert "secret-path" not in str(caught.value)
