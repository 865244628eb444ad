from __future__ import annotations

import pytest

from lambda_api.streaming.sse import JsonLinesReassembler, SseReassembler, reassembler_for

EVENTS = 'data: {"a":"é"}\n\ndata: {"b":"\\n\\n"}\n\ndata: [DONE]\n\n'.encode()


def cuts(data):
    """Every way to cut in two, and into single bytes."""
    return [*([data[:at], data[at:]] for at in range(len(data) + 1)), [bytes([b]) for b in data]]


@pytest.mark.parametrize("parts", cuts(EVENTS))
def test_events_cut_anywhere_come_out_whole(parts):
    reassembler = SseReassembler()
    blocks = [reassembler.feed(part) for part in parts]

    assert b"".join(blocks) == EVENTS
    assert all(block.endswith(b"\n\n") for block in blocks if block)


@pytest.mark.parametrize("parts", cuts(EVENTS.replace(b"\n\n", b"\r\n\r\n")))
def test_carriage_returns_end_events_too(parts):
    reassembler = SseReassembler()
    blocks = [reassembler.feed(part) for part in parts]

    assert b"".join(blocks) == EVENTS.replace(b"\n\n", b"\r\n\r\n")
    assert all(block.endswith(b"\r\n\r\n") for block in blocks if block)


@pytest.mark.parametrize("parts", cuts('{"a": "é"}\n\n{"b": 1}\r\n'.encode()))
def test_json_lines_become_events(parts):
    reassembler = JsonLinesReassembler()

    joined = b"".join(map(reassembler.feed, parts))

    assert joined == 'data: {"a": "é"}\n\ndata: {"b": 1}\n\n'.encode()


@pytest.mark.parametrize(
    ("rest", "event"),
    [
        (b"data: [DONE]", b"data: [DONE]\n\n"),
        (b'data: {"a":1}\n', b'data: {"a":1}\n\n'),
        (b'data: {"a":', b""),
        (b"", b""),
    ],
)
def test_what_is_left_at_the_end_counts_if_it_is_whole(rest, event):
    reassembler = SseReassembler()

    assert reassembler.feed(rest) == b""
    assert reassembler.flush() == event


def test_a_last_json_line_needs_no_newline():
    reassembler = JsonLinesReassembler()

    assert reassembler.feed(b'{"a":1}') == b""
    assert reassembler.flush() == b'data: {"a":1}\n\n'


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("text/event-stream; charset=utf-8", SseReassembler),
        ("application/jsonlines", JsonLinesReassembler),
        ("", SseReassembler),
    ],
)
def test_the_content_type_decides(content_type, kind):
    assert type(reassembler_for(content_type)) is kind
