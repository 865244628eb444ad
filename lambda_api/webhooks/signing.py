"""Signatures of events, by a key or, while a rotation lasts, by two."""

from __future__ import annotations

import base64
import hmac
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

_PREFIX = "whsec_"
_FEWEST_BYTES, _MOST_BYTES = 24, 64
"""The scheme's sizes of a key:
github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme.
"""

_KEPT_SECONDS = 300
"""Time after which a running function reads the secret again."""

_log = logging.getLogger(__name__)


class SecretError(ValueError):
    """A secret that signs nothing; the message never repeats any of its characters."""


@dataclass(frozen=True)
class Secrets:
    """The texts of a secret's two versions.

    Attributes:
        current: The version in use.
        previous: The version in use before; None if there was none.
    """

    current: str
    previous: str | None = None


class SigningKeys:
    """The keys that sign an event now.

    Args:
        read: Reads the secret.
        now: The clock, in seconds.
    """

    def __init__(
        self, read: Callable[[], Secrets], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._now = now
        self._keys: tuple[bytes, ...] = ()
        self._read_at = 0.0

    def __call__(self) -> tuple[bytes, ...]:
        """Return the keys, the current one first.

        Raises:
            SecretError: The current version cannot sign.
        """
        if not self._keys or self._now() - self._read_at > _KEPT_SECONDS:
            self._keys, self._read_at = _keys(self._read()), self._now()
        return self._keys


def _keys(secrets: Secrets) -> tuple[bytes, ...]:
    current = signing_key(secrets.current)
    if secrets.previous is None:
        return (current,)
    try:
        return (current, signing_key(secrets.previous))
    except SecretError as error:
        # It was refused while it was the current one: no receiver can know it.
        _log.warning("the secret's previous version is left out: %s", error)
        return (current,)


def signing_key(secret: str) -> bytes:
    """Return the key in a secret.

    Text without the prefix is refused: OpenAI's client takes it as it is, the Standard Webhooks
    libraries decode it, so no choice of ours would suit both.

    Raises:
        SecretError: The secret is no `whsec_` key of 24 to 64 bytes.
    """
    text = secret.strip()
    if not text.startswith(_PREFIX):
        raise _refused(f"a text of {len(text)} characters that begins otherwise")
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise _refused("what follows whsec_ is not base64") from None
    if not _FEWEST_BYTES <= len(key) <= _MOST_BYTES:
        raise _refused(f"a key of {len(key)} bytes")
    return key


def _refused(got: str) -> SecretError:
    return SecretError(
        "the webhook's secret: must be whsec_ and the base64 of "
        f"{_FEWEST_BYTES} to {_MOST_BYTES} random bytes; got {got}"
    )


def signatures(keys: Sequence[bytes], event_id: str, timestamp: str, body: bytes) -> str:
    """Return the `webhook-signature` of an event: one signature a key, any of which will do."""
    signed = b".".join((event_id.encode(), timestamp.encode(), body))
    digests = (hmac.new(key, signed, sha256).digest() for key in keys)
    return " ".join("v1," + base64.b64encode(digest).decode() for digest in digests)
