from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.sagemaker.transform.input import relative_name
from localcloud.sagemaker.transform.records import (
    Batch,
    DataProcessing,
    RecordError,
    assemble,
    batches,
    split,
)


def test_file_is_split_at_line_ends() -> None:
    assert split(b"a\r\n\nb\n  \nc", "Line") == [b"a", b"b", b"c"]
    assert split(b"a\nb\n", "None") == [b"a\nb\n"]
    assert split(b"", "Line") == []


def test_separators_of_other_standards_do_not_split_a_line() -> None:
    line = '{"text": "a\u2028b\x0bc"}'.encode()
    assert split(line + b"\n", "Line") == [line]


def test_single_records() -> None:
    assert batches([b"a", b"b"], several=False, largest=100) == [
        Batch(1, [b"a"]),
        Batch(2, [b"b"]),
    ]


def test_several_records_fill_a_payload() -> None:
    grouped = batches([b"aa", b"bb", b"cc", b"dddd"], several=True, largest=5)
    assert grouped == [Batch(1, [b"aa", b"bb"]), Batch(3, [b"cc"]), Batch(4, [b"dddd"])]
    assert [batch.position for batch in grouped] == ["records 1-2", "record 3", "record 4"]


def test_record_larger_than_a_payload_is_named() -> None:
    with pytest.raises(RecordError, match="record 2: 6 bytes, more than MaxPayloadInMB"):
        batches([b"a", b"bbbbbb"], several=True, largest=5)


def processed(record: Any, answer: Any, **settings: str) -> Any:
    batch = Batch(1, [json.dumps(record).encode()])
    (result,) = DataProcessing(settings).results(batch, json.dumps(answer).encode())
    return json.loads(result)


def test_answer_joins_its_record() -> None:
    record = {"id": 1, "request": {}}
    assert processed(record, {"a": 1}, JoinSource="Input") == {
        **record,
        "SageMakerOutput": {"a": 1},
    }
    assert processed([1], "x", JoinSource="Input") == {
        "SageMakerInput": [1],
        "SageMakerOutput": "x",
    }
    filtered = processed(
        record, {"a": 1}, JoinSource="Input", OutputFilter="$['id','SageMakerOutput']"
    )
    assert filtered == {"id": 1, "SageMakerOutput": {"a": 1}}
    assert processed(record, {"a": [1, 2]}, OutputFilter="$.a[1]") == 2


def test_several_answers_join_their_records() -> None:
    batch = Batch(1, [b'{"id":1}', b'{"id":2}'])
    processing = DataProcessing({"JoinSource": "Input", "InputFilter": "$.id"})
    assert processing.request(batch) == b"1\n2"
    results = processing.results(batch, b"10\n20\n")
    assert [json.loads(one)["SageMakerOutput"] for one in results] == [10, 20]
    with pytest.raises(RecordError, match="1 answers to 2 records"):
        processing.results(batch, b"10\n")


def test_bytes_pass_through_without_processing() -> None:
    batch = Batch(1, [b"\xff not JSON"])
    processing = DataProcessing({})
    assert not processing.changes_records
    assert processing.request(batch) == b"\xff not JSON"
    assert processing.results(batch, b"\xfe\n") == [b"\xfe"]


def test_text_stays_as_it_is() -> None:
    batch = Batch(1, ['{"id":"Zoë 🦊"}'.encode()])
    joined = DataProcessing({"JoinSource": "Input"}).results(batch, b"1")
    assert joined == ['{"id":"Zoë 🦊","SageMakerOutput":1}'.encode()]


def test_assembly() -> None:
    assert assemble([b"a", b"b"], "Line") == b"a\nb\n"
    assert assemble([b"a", b"b"], "None") == b"ab"


@pytest.mark.parametrize(
    ("prefix", "key", "name"),
    [
        ("in/", "in/a.jsonl", "a.jsonl"),
        ("in", "in/deep/a.jsonl", "deep/a.jsonl"),
        ("in/part-", "in/part-1.jsonl", "part-1.jsonl"),
        ("in/a.jsonl", "in/a.jsonl", "a.jsonl"),
        ("", "a.jsonl", "a.jsonl"),
    ],
)
def test_result_is_named_after_its_file(prefix: str, key: str, name: str) -> None:
    assert relative_name(prefix, key) == name
