"""The check of a conversation: its messages, their parts and the media in these, their calls.

An engine meets a part that it cannot read with a 5xx (llama.cpp: a text part without `text`, an
image for a model without a projector, a call without `arguments`). A 5xx is retried by clients and
counts towards a deployment's rollback, so these are found here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
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
    wrong_type,
)

_HOST_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}", re.ASCII)
_PRIVATE_SUFFIXES = (".internal", ".local", ".localhost", ".localdomain")

TEXT = "text"
"""The kind of content that every model takes."""

_label, _other = text(bounds.LABEL), plain(bounds.OTHER_BYTES, bounds.OTHER_DEPTH)


def check_messages(
    messages: Any,  # noqa: ANN401  any JSON value
    param: str,
    modalities: Collection[str] = (TEXT,),
) -> None:
    """Check a conversation, whose messages have roles and a text or parts with types each.

    Args:
        messages: The conversation.
        param: The path of the conversation.
        modalities: Kinds of content that the model takes, `text` among them.

    Raises:
        InvalidRequestError: There is too much of it, a member is unknown, missing or malformed, or
            content is of a kind that the model does not take.
    """
    at_most(bounds.MESSAGES, len(messages), param, "messages")
    parts = media = 0
    for number, message in enumerate(messages):
        where = f"{param}[{number}]"
        _check_message(message, where)
        content = message.get("content")
        if isinstance(content, list):
            parts += len(content)
            at_most(bounds.PARTS, parts, param, "parts")
            for place, part in enumerate(content):
                media += _check_part(part, f"{where}.content[{place}]", modalities) != TEXT
            at_most(bounds.MEDIA, media, param, "images, sounds and films")
        elif content is None and message.get("role") != "assistant":  # who may speak by calls alone
            raise refused(f"{where}.content", "field required")


def _check_part(part: Any, param: str, modalities: Collection[str]) -> str:  # noqa: ANN401
    """Check a part; return the kind of its content."""
    name = mapping(part, param).get("type")
    if not isinstance(name, str) or name not in _PARTS:
        known = [repr(known) for known, (kind, _) in _PARTS.items() if kind in modalities]
        raise wrong_type(f"{param}.type", " or ".join(known), name)
    kind, check = _PARTS[name]
    check(part, param)
    if kind not in modalities:
        takes = " and ".join(modalities)
        raise refused(f"{param}.type", f"got {name!r}, this model takes {takes} alone")
    return kind


def _string(value: Any, param: str) -> None:  # noqa: ANN401  any JSON value
    if not isinstance(value, str):
        raise wrong_type(param, "a string", value)


_sound = members({"data": _string, "format": _label}, needed=["data", "format"])


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


_media_object = members({"url": _url, "detail": _label}, needed=["url"])


def _media(value: Any, param: str) -> None:  # noqa: ANN401  any JSON value
    (_url if isinstance(value, str) else _media_object)(value, param)


def _holding(name: str, check: Check, **others: Check) -> Check:
    """Return the check of a part that holds its content below a name."""
    common = {"type": anything, "cache_control": _other}
    return members({**common, name: check, **others}, needed=[name])


_PARTS: dict[str, tuple[str, Check]] = {
    "text": (TEXT, _holding("text", _string, annotations=_other)),
    "refusal": (TEXT, _holding("refusal", _string)),
    "image_url": ("image", _holding("image_url", _media, uuid=_label)),
    "input_audio": ("audio", _holding("input_audio", _sound, uuid=_label)),
    "audio_url": ("audio", _holding("audio_url", _media, uuid=_label)),
    "video_url": ("video", _holding("video_url", _media, uuid=_label)),
}
"""Kind of the content of a part, and the check, by type: OpenAI's, and vLLM's for audio and video
by URL. No engine reads OpenAI's `file`."""

_called = members({"name": _label, "arguments": _string}, needed=["name", "arguments"])
_call = members(
    {"id": _label, "type": one_of("function"), "index": anything, "function": _called},
    needed=["function"],
)

_check_message = members(
    {
        "role": anything,
        "content": anything,
        "name": _label,
        "tool_call_id": _label,
        "tool_calls": items(bounds.TOOLS, _call),
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
)
"""The check of a message's members: OpenAI's, and what the engines put into their own messages."""
