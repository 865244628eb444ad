"""The content of messages: kinds the model takes, and what an engine cannot do without.

An engine meets a part that it cannot read with a 5xx (llama.cpp: a text part without `text`, an
image for a model without a projector, a call without `arguments`). A 5xx is retried by clients and
counts towards a deployment's rollback, so these are found here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from lambda_api.chat.schemas import ContentPart, Message
from lambda_api.errors import InvalidRequestError

TEXT = "text"

_KINDS = {
    "text": TEXT,
    "refusal": TEXT,
    "image_url": "image",
    "input_audio": "audio",
    "audio_url": "audio",
    "video_url": "video",
}
"""Kind of the content of a part, by type: OpenAI's, and vLLM's for audio and video by URL."""

_MEMBERS: dict[str, tuple[str, ...]] = {"image_url": ("url",), "input_audio": ("data", "format")}
"""Texts that a part's object must have."""


def check_content(messages: list[Message], modalities: Collection[str]) -> None:
    """Check each message's content and calls.

    Args:
        messages: The conversation.
        modalities: Kinds of content that the model takes, `text` among them.

    Raises:
        InvalidRequestError: Content is missing or malformed, or of a kind the model does not take.
    """
    for number, message in enumerate(messages):
        if isinstance(message.content, str):
            continue
        param = f"messages[{number}]"
        if message.content is None:
            _check_absence(message, param)
        else:
            for place, part in enumerate(message.content):
                _check_part(part, f"{param}.content[{place}]", modalities)


def check_calls(messages: list[Message]) -> None:
    """Check the tool calls that the conversation says the model made.

    Raises:
        InvalidRequestError: A call is none of a function, or lacks its name or arguments.
    """
    for number, message in enumerate(messages):
        calls = (message.model_extra or {}).get("tool_calls")
        for place, call in enumerate(calls if isinstance(calls, list) else ()):
            _check_call(call, f"messages[{number}].tool_calls[{place}]")


def _check_absence(message: Message, param: str) -> None:
    """Refuse a message without content, unless a model spoke by calls alone."""
    if message.role != "assistant":
        raise _refused(f"{param}.content", "field required")


def _check_part(part: ContentPart, param: str, modalities: Collection[str]) -> None:
    kind = _KINDS.get(part.type)
    if kind is None:
        known = ", ".join(name for name, holds in _KINDS.items() if holds in modalities)
        raise _refused(f"{param}.type", f"got {part.type[:60]!r}, allowed: {known}")
    if kind not in modalities:
        takes = " and ".join(modalities)
        raise _refused(f"{param}.type", f"got {part.type!r}, this model takes {takes} alone")
    held = (part.model_extra or {}).get(part.type)
    if kind == TEXT or not isinstance(held, dict):
        return _check_text(held, f"{param}.{part.type}")
    for name in _MEMBERS.get(part.type, ("url",)):
        _check_text(held.get(name), f"{param}.{part.type}.{name}")
    return None


def _check_call(call: Any, param: str) -> None:  # noqa: ANN401  any JSON value
    kind = call.get("type", "function") if isinstance(call, dict) else None
    if kind != "function":
        raise _refused(f"{param}.type", f"got {str(kind)[:60]!r}, allowed: 'function'")
    function = call.get("function")
    for name in ("name", "arguments"):
        said = function.get(name) if isinstance(function, dict) else None
        _check_text(said, f"{param}.function.{name}")


def _check_text(value: Any, param: str) -> None:  # noqa: ANN401  any JSON value
    if value is None:
        raise _refused(param, "field required")
    if not isinstance(value, str):
        raise _refused(param, f"input should be a valid string, got {str(value)[:60]}")


def _refused(param: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"{param}: {why}", param=param)
