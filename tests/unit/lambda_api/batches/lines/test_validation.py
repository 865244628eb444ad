"""What is found wrong in a batch's input."""

from __future__ import annotations

import json

import pytest

from lambda_api.batches.lines import validation as batch_input
from lambda_api.batches.lines.validation import MOST_LISTED_ERRORS, InputCheck, lines_in
from lambda_api.engine.served_models import ServedModels
from tests.support.service.batch_world import jsonl, request

MOST_BYTES = 1000


def checked(content: bytes) -> tuple[list[dict], InputCheck]:
    check = InputCheck("/v1/chat/completions", ServedModels("twin"), MOST_BYTES)
    lines = lines_in([content], MOST_BYTES)
    return [json.loads(job) for job in check.jobs(lines)], check


def test_a_request_becomes_a_job_that_hides_the_id_from_the_engine():
    jobs, check = checked(jsonl([request("a")]))

    messages = [{"role": "user", "content": "about a"}]
    assert jobs == [{"id": "a", "request": {"messages": messages}}]
    assert check.all_errors() == []


def body(**changes):
    return {**request("x")["body"], **changes}


@pytest.mark.parametrize(
    ("line", "code", "param", "message"),
    [
        (b"{", "invalid_json_line", None, "not JSON"),
        (b"\xff\xfe", "invalid_json_line", None, "not JSON"),
        (b'{"a": NaN}', "invalid_json_line", None, "not JSON"),
        (b"[" * 500, "invalid_json_line", None, "not JSON"),
        (b"[]", "invalid_json_line", None, "not a JSON object"),
        (b"null", "invalid_json_line", None, "not a JSON object"),
        (b"{}", "invalid_request", "custom_id", "field required"),
        (request(""), "invalid_request", "custom_id", "at least 1 character"),
        (request("x" * 65), "invalid_request", "custom_id", "at most 64 characters"),
        (request(7), "invalid_request", "custom_id", "valid string, got 7"),
        (request("x", method="GET"), "invalid_method", "method", "'POST', got 'GET'"),
        (request("x", url="/v1/embeddings"), "url_mismatch", "url", "'/v1/embeddings'"),
        (request("x", body="hi"), "invalid_request", "body", "got 'hi'"),
        (request("x", body=body(messages=[])), "invalid_request", "body.messages", "at least 1"),
        (request("x", body=body(temperature=9)), "invalid_request", "body.temperature", "got 9"),
        (request("x", body=body(model="gpt-5")), "model_not_found", "body.model", "'gpt-5'"),
        (request("x", body=body(stream=True)), "invalid_request", "body.stream", "whole"),
        (request("x", body=body(user="u" * 900)), "request_too_large", None, "at most 1000"),
        (request("first"), "duplicate_custom_id", "custom_id", "'first'"),
    ],
)
def test_a_wrong_line_is_reported_with_its_number_and_reason(line, code, param, message):
    line = line if isinstance(line, bytes) else json.dumps(line).encode()
    jobs, check = checked(jsonl([request("first")]) + b"\n" + line + b"\n" + jsonl([request("z")]))
    (error,) = check.all_errors()

    assert [job["id"] for job in jobs] == ["first", "z"]
    assert (error.code, error.line, error.param) == (code, 3, param)
    assert message in error.message


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \r\n", b"\xef\xbb\xbf"])
def test_a_file_without_requests_is_empty(content):
    _, check = checked(content)

    assert [error.code for error in check.all_errors()] == ["empty_file"]


def test_windows_endings_a_byte_order_mark_and_a_missing_last_newline_do_no_harm():
    content = b"\xef\xbb\xbf" + jsonl([request("a"), request("b")]).replace(b"\n", b"\r\n").rstrip()
    jobs, check = checked(content)

    assert [job["id"] for job in jobs] == ["a", "b"]
    assert check.all_errors() == []


def test_all_wrong_lines_are_counted_and_the_first_listed():
    _, check = checked(b"{\n" * (MOST_LISTED_ERRORS + 5))
    *listed, last = check.all_errors()

    assert len(listed) == MOST_LISTED_ERRORS
    assert last.message == f"{MOST_LISTED_ERRORS + 5} lines are wrong, the first 100 are listed"


def test_reading_stops_at_a_request_too_many(monkeypatch):
    monkeypatch.setattr(batch_input, "MAX_REQUESTS", 2)
    read = []
    lines = (read.append(n) or json.dumps(request(str(n))).encode() for n in range(9))
    check = InputCheck("/v1/chat/completions", ServedModels("twin"), MOST_BYTES)

    assert len(list(check.jobs(lines))) == 2
    assert [(e.code, e.line) for e in check.all_errors()] == [("too_many_tasks", 3)]
    assert len(read) == 3


def test_lines_come_whole_however_the_file_is_read():
    content = b"one\ntwo\n\nthree"

    for size in range(1, len(content) + 1):
        parts = [content[at : at + size] for at in range(0, len(content), size)]
        assert list(lines_in(parts, 100)) == [b"one", b"two", b"", b"three"]


def test_a_line_without_end_is_not_kept():
    (line,) = lines_in(iter([b"x" * 50] * 1000), 100)

    assert 100 < len(line) <= 151
