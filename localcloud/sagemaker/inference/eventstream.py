"""Frames of `application/vnd.amazon.eventstream`, the encoding of a streamed answer.

Format: https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html ("event stream
encoding"): prelude (two lengths and their CRC-32), headers, payload, CRC-32 of all before.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping

_STRING = 7
"""Type of a header whose value is a string."""


def payload_part(content: bytes) -> bytes:
    """Encode a piece of the model's answer."""
    return _frame(
        {
            ":event-type": "PayloadPart",
            ":content-type": "application/octet-stream",
            ":message-type": "event",
        },
        content,
    )


def model_stream_error(code: str, message: str) -> bytes:
    """Encode the end of a broken answer, which clients raise as `ModelStreamError`.

    Args:
        code: `ModelInvocationTimeExceeded` or `StreamBroken`.
        message: For a person.
    """
    return _frame(
        {
            ":exception-type": "ModelStreamError",
            ":content-type": "application/json",
            ":message-type": "exception",
        },
        json.dumps({"Message": message, "ErrorCode": code}).encode(),
    )


def _frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    encoded = b"".join(_header(name, value.encode()) for name, value in headers.items())
    lengths = struct.pack("!II", 16 + len(encoded) + len(payload), len(encoded))
    message = lengths + struct.pack("!I", zlib.crc32(lengths)) + encoded + payload
    return message + struct.pack("!I", zlib.crc32(message))


def _header(name: str, value: bytes) -> bytes:
    return struct.pack(
        f"!B{len(name)}sBH{len(value)}s", len(name), name.encode(), _STRING, len(value), value
    )
