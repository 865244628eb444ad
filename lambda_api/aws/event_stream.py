"""Payloads out of Amazon's event stream, several times as fast as botocore's decoder gives them.

A streamed answer is one message a token, each with the same headers. Those are compared rather than
decoded; every other message goes through botocore: docs/decisions/0133.
The format: smithy.io/2.0/aws/amazon-eventstream.html.
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Iterator
from struct import Struct
from typing import Any

from botocore.eventstream import EventStreamBuffer, ParserError

_PRELUDE = Struct("!III")
"""Length of the message, length of its headers, and the checksum of these eight bytes."""

_CHECKSUM = Struct("!I")
_CHECKED = 8
_SHORTEST = _PRELUDE.size + _CHECKSUM.size

_PART = (b"\x0b:event-type\x07\x00\x0bPayloadPart", b"\x0d:message-type\x07\x00\x05event")
"""Headers of a payload part, each with the length of its name, the type of a string, the length of
the value. What else a message says of itself (its content type) changes nothing."""


def payload_parts(events: Any) -> Iterator[bytes]:  # noqa: ANN401  the stubs do not know its internals
    """Yield the payloads of an answer's parts, as the parts come.

    Args:
        events: The `Body` of an InvokeEndpointWithResponseStream.

    Raises:
        botocore.exceptions.EventStreamError: A message tells of a failure.
        botocore.eventstream.ParserError: A message is damaged.
    """
    rest = b""
    for read in events._raw_stream.stream():
        rest = rest + read if rest else read
        while len(rest) >= _PRELUDE.size:
            length, headers, checksum = _PRELUDE.unpack_from(rest)
            if length < _SHORTEST or crc32(rest[:_CHECKED]) != checksum:
                raise ParserError("the beginning of a message is damaged")
            if length > len(rest):
                break
            message, rest = rest[:length], rest[length:]
            begin, end = _PRELUDE.size + headers, length - _CHECKSUM.size
            if crc32(message[_CHECKED:end], checksum) != _CHECKSUM.unpack_from(message, end)[0]:
                raise ParserError("a message is damaged")
            told = message[_PRELUDE.size : begin]
            if all(header in told for header in _PART):
                yield message[begin:end]
            else:
                yield from _decoded(events, message)


def _decoded(events: Any, message: bytes) -> Iterator[bytes]:  # noqa: ANN401
    """Yield the payload of a message by botocore's decoder, which raises on a failure."""
    buffer = EventStreamBuffer()
    buffer.add_data(message)
    for decoded in buffer:
        event = events._parse_event(decoded)
        if "PayloadPart" in event:
            yield event["PayloadPart"]["Bytes"]
