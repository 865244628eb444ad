from __future__ import annotations

import json

from botocore.eventstream import EventStreamBuffer

from localcloud.sagemaker.inference.eventstream import model_stream_error, payload_part


def decode(frames: bytes):
    buffer = EventStreamBuffer()
    buffer.add_data(frames)
    return [event.to_response_dict() for event in buffer]


def test_botocore_reads_payload_parts_checksums_included() -> None:
    first, second = decode(payload_part(b"data: {}\n\n") + payload_part(b""))
    assert first["headers"][":event-type"] == "PayloadPart"
    assert first["headers"][":message-type"] == "event"
    assert (first["body"], second["body"]) == (b"data: {}\n\n", b"")


def test_error_is_a_modelled_exception() -> None:
    (error,) = decode(model_stream_error("StreamBroken", "gone"))
    assert error["status_code"] == 400
    assert error["headers"][":exception-type"] == "ModelStreamError"
    assert json.loads(error["body"]) == {"Message": "gone", "ErrorCode": "StreamBroken"}
