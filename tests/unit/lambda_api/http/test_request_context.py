"""API Gateway's request context, as either door passes it on."""

from __future__ import annotations

import pytest

from lambda_api.http.request_context import is_doubtful, request_context


def test_mangums_event_is_read():
    scope = {"headers": [], "aws.event": {"requestContext": {"requestId": "a"}}}

    assert request_context(scope) == {"requestId": "a"}


def test_the_adapters_header_is_read():
    scope = {"headers": [(b"host", b"x"), (b"x-amzn-request-context", b'{"requestId": "a"}')]}

    assert request_context(scope) == {"requestId": "a"}


def test_a_header_beside_an_event_is_not_read():
    header = (b"x-amzn-request-context", b'{"requestId": "forged"}')

    assert request_context({"headers": [header], "aws.event": {}}) == {}


@pytest.mark.parametrize("sent", [b"", b"{", b"null", b"[]", b'"text"', b"5"])
def test_a_header_that_is_no_context_is_empty(sent):
    assert request_context({"headers": [(b"x-amzn-request-context", sent)]}) == {}


def test_without_a_gateway_there_is_none():
    assert request_context({"headers": []}) == {}


def test_of_several_headers_none_is_believed():
    header = (b"x-amzn-request-context", b'{"requestId": "a"}')

    assert is_doubtful({"headers": [header, header]})
    assert request_context({"headers": [header, header]}) == {}
    assert not is_doubtful({"headers": [header]})
    assert not is_doubtful({"headers": []})


def test_headers_do_not_cast_doubt_on_an_event():
    header = (b"x-amzn-request-context", b'{"requestId": "forged"}')
    scope = {"headers": [header, header], "aws.event": {"requestContext": {"requestId": "a"}}}

    assert not is_doubtful(scope)
    assert request_context(scope) == {"requestId": "a"}
