"""A token through the endpoint, or none, as metrics."""

from __future__ import annotations

import itertools
import json
import logging

import pytest

from lambda_api.admission.request import Admission
from lambda_api.engine.model_probe import PAYLOAD, ModelProbe
from lambda_api.errors import EngineError, ThrottledError, UpstreamTimeoutError
from tests.support.service.fake_upstream import FakeUpstream

TOKEN = b'{"choices":[{"message":{"role":"assistant","content":"p"}}]}'


class Put(list):
    """What was put, a call each."""

    def put(self, values):
        self.append(dict(values))


def probe(answer) -> tuple[FakeUpstream, Put]:
    model, put = FakeUpstream(answer), Put()
    clock = itertools.count(100, 0.25).__next__
    ModelProbe(model, put, logging.getLogger("probe"), clock).run()
    return model, put


def test_a_token_is_a_success_with_the_time_it_took():
    model, put = probe(TOKEN)

    assert put == [{"ProbeSuccess": 1.0, "ProbeLatency": 250.0}]
    assert json.loads(model.payloads[0])["max_tokens"] == 1


def test_a_model_that_says_nothing_still_lives():
    _, put = probe(b'{"choices":[{"message":{"role":"assistant","content":""}}]}')

    assert put[0]["ProbeSuccess"] == 1.0


@pytest.mark.parametrize(
    "answer",
    [
        UpstreamTimeoutError("no answer in time"),
        EngineError("the engine failed"),
        ThrottledError("too many"),
        b"",
        b"null",
        b"{}",
        b'{"choices":[]}',
    ],
)
def test_whatever_gives_no_token_is_a_failure_without_a_time(answer):
    _, put = probe(answer)

    assert put == [{"ProbeSuccess": 0.0}]


def test_the_log_says_why(caplog):
    probe(UpstreamTimeoutError("no answer in time", reason="ReadTimeoutError"))

    assert [record.reason for record in caplog.records] == ["ReadTimeoutError"]


def test_the_probe_asks_what_any_caller_may():
    Admission().check(PAYLOAD)
