"""Signing keys: what is refused, what a rotation signs with, and what OpenAI's client accepts."""

from __future__ import annotations

import base64
import time

import openai
import pytest

from lambda_api.webhooks.signing import (
    SecretError,
    Secrets,
    SigningKeys,
    signatures,
    signing_key,
)


def secret(letter: bytes, size: int = 24) -> str:
    return "whsec_" + base64.b64encode(letter * size).decode()


NEW, OLD = secret(b"n"), secret(b"o")


class Clock:
    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


@pytest.mark.parametrize("size", [24, 32, 64])
def test_a_key_has_24_to_64_bytes(size):
    assert signing_key(f" {secret(b'k', size)}\n") == b"k" * size


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "0 characters"),
        ("   \n", "0 characters"),
        ("whsec_", "0 bytes"),
        ("whsec_ ", "0 bytes"),
        ("whsec_!!!!", "not base64"),
        ("whsec_é" + "A" * 40, "not base64"),
        (NEW[:-1] + "*", "not base64"),
        (NEW + "A", "not base64"),
        (secret(b"k", 23), "23 bytes"),
        (secret(b"k", 65), "65 bytes"),
        (NEW.removeprefix("whsec_"), "begins otherwise"),
        ("any other text, which libraries read differently", "begins otherwise"),
        ('{"key": "whsec_QUJD"}', "begins otherwise"),
        (f"{NEW} {OLD}", "not base64"),
    ],
)
def test_a_secret_that_signs_nothing_is_refused_and_not_repeated(text, why):
    with pytest.raises(SecretError, match=why) as caught:
        signing_key(text)

    told = str(caught.value)
    assert "must be whsec_ and the base64 of 24 to 64 random bytes" in told
    assert text.strip().removeprefix("whsec_")[:6] not in told or len(text.strip()) <= 6


@pytest.mark.parametrize("known", [NEW, OLD])
def test_a_rotation_signs_for_receivers_of_either_secret(known):
    keys = SigningKeys(lambda: Secrets(NEW, OLD))()
    body, now = b'{"id":"evt_1"}', str(int(time.time()))
    header = signatures(keys, "evt_1", now, body)
    headers = {"webhook-id": "evt_1", "webhook-timestamp": now, "webhook-signature": header}

    assert [part[:3] for part in header.split(" ")] == ["v1,", "v1,"]
    with openai.OpenAI(api_key="x") as client:
        client.webhooks.verify_signature(body, headers, secret=known)
        with pytest.raises(openai.InvalidWebhookSignatureError):
            client.webhooks.verify_signature(body + b" ", headers, secret=known)
        with pytest.raises(openai.InvalidWebhookSignatureError):
            client.webhooks.verify_signature(body, headers, secret=secret(b"x"))


@pytest.mark.parametrize("previous", [None, "", "whsec_", "a text from before"])
def test_a_previous_version_that_never_signed_is_left_out(previous):
    assert SigningKeys(lambda: Secrets(NEW, previous))() == (b"n" * 24,)


def test_a_current_version_that_cannot_sign_is_refused_whatever_came_before():
    with pytest.raises(SecretError):
        SigningKeys(lambda: Secrets("whsec_", OLD))()


def test_a_running_function_learns_of_a_rotation():
    held, clock, reads = [Secrets(OLD)], Clock(), []
    keys = SigningKeys(lambda: reads.append(1) or held[-1], clock)
    first = keys()
    held.append(Secrets(NEW, OLD))

    assert keys() == first
    clock.seconds += 301
    assert keys() == (b"n" * 24, b"o" * 24)
    assert len(reads) == 2
