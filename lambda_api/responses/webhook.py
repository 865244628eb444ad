"""The webhook that is told of the end of background responses.

Signed as OpenAI signs its webhooks, so that `client.webhooks.unwrap()` checks it:
github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
"""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Sequence
from hashlib import sha256

import urllib3

_TIMEOUT = urllib3.Timeout(connect=5, read=10)
_SECRET_PREFIX = "whsec_"  # noqa: S105  marks a secret, is none


class WebhookError(Exception):
    """An event that the address did not take; the message has the answer, not the address."""


class Webhook:
    """An address that takes signed events.

    Args:
        url: The address.
        secret: The signing key: `whsec_` and base64, or any text.
        waits: Seconds before each further attempt.
    """

    def __init__(self, url: str, secret: str, waits: Sequence[float] = (1, 3)) -> None:
        self._url = url
        self._key = _key(secret)
        self._waits = waits
        self._pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT)

    def send(self, event_type: str, response_id: str, ended_at: int) -> None:
        """Send an event, with the same id in every attempt for the same end.

        Args:
            event_type: The type, such as `response.completed`.
            response_id: The response that ended.
            ended_at: Unix seconds.

        Raises:
            WebhookError: The address did not answer with a 2xx.
        """
        event_id = response_id.replace("resp_", "evt_", 1)
        event = {
            "id": event_id,
            "object": "event",
            "created_at": ended_at,
            "type": event_type,
            "data": {"id": response_id},
        }
        body = json.dumps(event).encode()
        for wait in self._waits:
            try:
                return self._post(event_id, body)
            except WebhookError:
                time.sleep(wait)
        return self._post(event_id, body)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _post(self, event_id: str, body: bytes) -> None:
        now = str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "user-agent": "llm-twin",
            "webhook-id": event_id,
            "webhook-timestamp": now,
            "webhook-signature": signature(self._key, event_id, now, body),
        }
        try:
            answer = self._pool.request(
                "POST", self._url, body=body, headers=headers, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise WebhookError(f"the webhook failed: {type(error).__name__}") from None
        if not 200 <= answer.status < 300:
            raise WebhookError(f"the webhook answered {answer.status}, a 2xx is expected")


def signature(key: bytes, event_id: str, timestamp: str, body: bytes) -> str:
    """Return the `webhook-signature` of an event."""
    signed = b".".join((event_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()


def _key(secret: str) -> bytes:
    if secret.startswith(_SECRET_PREFIX):
        return base64.b64decode(secret.removeprefix(_SECRET_PREFIX))
    return secret.encode()
