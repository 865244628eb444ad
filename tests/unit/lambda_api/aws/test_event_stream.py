"""Amazon's event stream: as botocore decodes it, however the bytes are cut."""

from __future__ import annotations

import random
from collections.abc import Iterator

import boto3
import pytest
from botocore.eventstream import EventStream, ParserError
from botocore.exceptions import EventStreamError

from lambda_api.aws.event_stream import payload_parts
from tests.support.service.standin_runtime import Fault, fault_frame, frame, part

WORDS = [b"Gr\xc3\xbc\xc3\x9f ", b"data: {}\n\n", b"x" * 70_000, b"\x00\x00\x00\x10"]


class RawStream:
    """The bytes of an answer, as urllib3 gives them."""

    def __init__(self, *reads: bytes) -> None:
        self.reads = reads

    def stream(self) -> Iterator[bytes]:
        yield from self.reads

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def events():
    """Gives the `Body` of an answer that is read in these pieces."""
    client = boto3.client("sagemaker-runtime", region_name="us-east-1")
    operation = "InvokeEndpointWithResponseStream"
    shape = client.meta.service_model.operation_model(operation).output_shape.members["Body"]
    parser = client._endpoint._response_parser_factory.create_parser("rest-json")
    return lambda *reads: EventStream(
        RawStream(*reads), shape, parser._event_stream_parser, operation
    )


def cuts(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 7, 16, 1000, 10**6])
def test_payloads_come_whole_however_the_bytes_are_cut(events, size):
    data = b"".join(map(part, WORDS[:2] + WORDS[3:]))

    assert [*payload_parts(events(*cuts(data, size)))] == WORDS[:2] + WORDS[3:]


def test_a_part_is_given_as_soon_as_its_bytes_are_there(events):
    first, second = part(b"one"), part(b"two")

    def reads():
        yield first + second[:20]
        raise OSError("the rest never comes")

    body = events()
    body._raw_stream.stream = reads
    got = payload_parts(body)
    assert next(got) == b"one"
    with pytest.raises(OSError, match="never"):
        next(got)


def test_it_gives_what_botocore_gives(events):
    dice = random.Random(5)
    words = [*WORDS, *(dice.randbytes(dice.randrange(1, 400)) for _ in range(50))]
    data = b"".join(map(part, words))
    theirs = [event["PayloadPart"]["Bytes"] for event in events(*cuts(data, 333))]

    assert [*payload_parts(events(*cuts(data, 333)))] == theirs == words


@pytest.mark.parametrize(
    "headers",
    [
        {":message-type": "event", ":event-type": "PayloadPart", "x": "y"},
        {":event-type": "PayloadPart", ":message-type": "event"},
    ],
)
def test_the_order_of_headers_and_others_do_not_matter(events, headers):
    assert [*payload_parts(events(frame(b"word", headers)))] == [b"word"]


def test_an_unknown_event_is_left_out(events):
    news = frame(b"{}", {":event-type": "News", ":message-type": "event"})

    assert [*payload_parts(events(news + part(b"word")))] == [b"word"]


def test_a_failure_is_raised_after_the_parts_before_it(events):
    told = payload_parts(events(part(b"word") + fault_frame(Fault("ModelStreamError", "broke"))))

    assert next(told) == b"word"
    with pytest.raises(EventStreamError, match="broke"):
        next(told)


@pytest.mark.parametrize("place", [0, 3, 5, 9, 14, 40, -1, -6])
def test_a_damaged_message_is_refused(events, place):
    message = bytearray(part(b"word of mouth"))
    message[place] ^= 0x40

    with pytest.raises(ParserError):
        list(payload_parts(events(bytes(message))))


def test_what_is_cut_off_at_the_end_is_left_to_the_reader_of_the_answer(events):
    assert [*payload_parts(events(part(b"word") + part(b"half")[:-3]))] == [b"word"]
