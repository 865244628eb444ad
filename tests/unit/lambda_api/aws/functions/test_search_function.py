from __future__ import annotations

import io
import json

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from lambda_api.aws.functions.search_function import LambdaSearch
from lambda_api.retrieval.errors import RetrievalError


class Client:
    def __init__(self, answer):
        self.answer = answer

    def invoke(self, **call):
        self.asked = (call["FunctionName"], json.loads(call["Payload"]))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def payload(body, **more):
    return {"Payload": io.BytesIO(body), **more}


def test_an_event_goes_out_and_the_answer_comes_back():
    client = Client(payload(b'{"results": []}'))
    assert LambdaSearch(client, "search")({"query": "x"}) == {"results": []}
    assert client.asked == ("search", {"query": "x"})


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ReadTimeoutError(endpoint_url="x"), "ReadTimeoutError"),
        (ClientError({"Error": {"Code": "TooManyRequestsException"}}, "Invoke"), "TooMany"),
        (payload(b'{"errorMessage": "x"}', FunctionError="Unhandled"), "function error"),
        (payload(b"no JSON"), "JSONDecodeError"),
        (payload(b"[]"), "function error"),
    ],
)
def test_a_function_that_does_not_answer(answer, reason):
    with pytest.raises(RetrievalError) as caught:
        LambdaSearch(Client(answer), "search")({})
    assert reason in caught.value.reason


def test_it_is_waited_for_so_long_and_asked_once(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    config = LambdaSearch.connect("search", 0.8)._client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (0.8, 0.8)
    assert config.retries["total_max_attempts"] == 1
