"""Bounds of a conversation: its messages, their parts, and the media in these."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from lambda_api.admission import bounds
from lambda_api.admission.values import (
    Check,
    anything,
    at_most,
    items,
    mapping,
    members,
    one_of,
    plain,
    refused,
    text,
    unknown,
    wrong_type,
)

_HOST_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}", re.ASCII)
_PRIVATE_SUFFIXES = (".internal", ".local", ".localhost", ".localdomain")

_label, _other = text(bounds.LABEL), plain(bounds.OTHER_BYTES, bounds.OTHER_DEPTH)

_called = members({"name": text(bounds.LABEL), "arguments": anything})
_CALL = members(
    {
        "id": _label,
        "type": one_of("function", "custom"),
        "index": anything,
        "function": _called,
        "custom": members({"name": text(bounds.LABEL), "input": anything}),
    }
)

_FIELDS: dict[str, Check] = {
    "role": anything,
    "content": anything,
    "name": _label,
    "tool_call_id": _label,
    "tool_calls": items(bounds.TOOLS, _CALL),
    "function_call": _called,
    "refusal": anything,
    "annotations": _other,
    "audio": _other,
    # The thoughts of a model, as vLLM, SGLang and llama.cpp write them and read them back.
    "reasoning": anything,
    "reasoning_content": anything,
    # A hint that gateways add for providers that cache by marks; no engine reads it.
    "cache_control": _other,
}
"""Members of a message: OpenAI's, and what the engines put into their own messages."""


def check_messages(messages: Any, param: str) -> None:  # noqa: ANN401  any JSON value
    """Check a conversation, whose messages have roles and a text or parts with types each.

    Raises:
        InvalidRequestError: There is too much of it, or a member is unknown.
    """
    check_each = members(_FIELDS)
    at_most(bounds.MESSAGES, len(messages), param, "messages")
    parts = media = 0
    for number, message in enumerate(messages):
        where = f"{param}[{number}]"
        check_each(message, where)
        content = message.get("content")
        if isinstance(content, list):
            parts += len(content)
            at_most(bounds.PARTS, parts, param, "parts")
            media += sum(
                _check_part(part, f"{where}.content[{n}]") for n, part in enumerate(content)
            )
            at_most(bounds.MEDIA, media, param, "images, sounds and films")


def _check_part(part: Any, param: str) -> bool:  # noqa: ANN401  any JSON value
    """Check a part; return True for one that is not text."""
    kind = mapping(part, param).get("type")
    if not isinstance(kind, str) or kind not in _PARTS:
        raise wrong_type(f"{param}.type", " or ".join(map(repr, _PARTS)), kind)
    for name, value in part.items():
        if name in _PARTS[kind] and value is not None:
            _PARTS[kind][name](value, f"{param}.{name}")
        elif name not in {"type", "cache_control", *_PARTS[kind]}:
            raise unknown(param, name)
    return kind in _MEDIA


def _string(value: Any, param: str) -> None:  # noqa: ANN401  any JSON value
    if not isinstance(value, str):
        raise wrong_type(param, "a string", value)


def _url(value: Any, param: str) -> None:  # noqa: ANN401  any JSON value
    """Check an address that the engine will fetch, from inside the account's network.

    Whoever names a host decides where the engine connects: no address of a machine, no port, no
    login, no private name. A public name may still lead inside; the engine's own list of domains
    (vLLM: `--allowed-media-domains`) is for that.
    """
    _string(value, param)
    if value[:5].lower() == "data:":
        return
    at_most(bounds.MEDIA_URL, len(value), param, "characters")
    try:
        address = urlsplit(value)
        host, plain_place = (address.hostname or "").rstrip("."), address.netloc.lower()
    except ValueError:
        raise wrong_type(param, "a URL", value) from None
    is_public = _HOST_NAME.fullmatch(host) and not host.endswith(_PRIVATE_SUFFIXES)
    if address.scheme != "https" or plain_place.rstrip(".") != host or not is_public:
        raise refused(param, "must be a data: URL, or https with a public host name and no port")


def _media(value: Any, param: str) -> None:  # noqa: ANN401  any JSON value
    if isinstance(value, str):
        return _url(value, param)
    return members({"url": _url, "detail": _label})(value, param)


_PARTS: dict[str, dict[str, Check]] = {
    "text": {"text": _string, "annotations": _other},
    "refusal": {"refusal": _string},
    "image_url": {"image_url": _media, "uuid": _label},
    "audio_url": {"audio_url": _media, "uuid": _label},
    "video_url": {"video_url": _media, "uuid": _label},
    "input_audio": {"input_audio": members({"data": _string, "format": _label}), "uuid": _label},
    "file": {"file": members({"file_data": _string, "file_id": _label, "filename": _label})},
}
"""Members of a part, besides `type`: OpenAI's kinds, and vLLM's of audio and video by URL."""

_MEDIA = _PARTS.keys() - {"text", "refusal"}
