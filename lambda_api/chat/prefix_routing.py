"""Prefix ids, by which routing sends all turns of a conversation to the same KV cache."""

from __future__ import annotations

import re
from hashlib import sha256

from lambda_api.chat.schemas import ChatCompletionRequest, Message

_FIT = re.compile(r"[!-~]{1,64}", re.ASCII)
"""Keys that pass as ids; SageMaker's own pattern of PrefixAwareId allows spaces too."""

_DIGITS = 32


def prefix_id(request: ChatCompletionRequest) -> str:
    """Return the id that every turn of a conversation shares: 1 to 64 printable ASCII characters.

    The client's `prompt_cache_key`, OpenAI's field for just this, or else a digest of the messages
    up to the user's first: later turns only add to what follows.

    Raises:
        InvalidRequestError: A message holds what JSON cannot.
    """
    key = request.prompt_cache_key
    if not key:
        return _digest(b"\n".join(message.written() for message in _opening(request.messages)))
    return key if _FIT.fullmatch(key) else _digest(key.encode(errors="replace"))


def _opening(messages: list[Message]) -> list[Message]:
    first = next((n for n, said in enumerate(messages) if said.role == "user"), len(messages))
    return messages[: first + 1]


def _digest(said: bytes) -> str:
    return sha256(said).hexdigest()[:_DIGITS]
