"""The formats that a batch's requests may have."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from openai.types import Completion

from lambda_api.batches.lines.endpoints import ENDPOINTS, Answered
from lambda_api.batches.lines.validation import InputCheck
from lambda_api.batches.schemas import EndpointPath
from lambda_api.engine.served_models import ServedModels
from lambda_api.errors import EngineError
from tests.support.service.batch_world import QUESTIONS, jsonl, request
from tests.support.service.openai_types import check_response

CHAT, COMPLETIONS, RESPONSES = get_args(EndpointPath)
SEARCH = {"type": "file_search", "vector_store_ids": ["vs_docs"]}
MESSAGES = [{"role": "user", "content": "about a"}]
ANSWER = {
    "id": "chatcmpl-1",
    "created": 1_800_000_000,
    "model": "twin",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
}


def checked(path: EndpointPath, **fields):
    """The job of a line whose body has these fields, or the error of that line."""
    line = request("a", path)
    line["body"] |= fields
    check = InputCheck(path, ServedModels("twin"), 6 * 2**20)
    jobs = [json.loads(job) for job in check.jobs([jsonl([line])])]
    (found,) = [*jobs, *check.all_errors()]
    return found


def answered(path: EndpointPath, answer=ANSWER, **fields):
    return ENDPOINTS[path].answer(Answered(answer, checked(path, **fields), "ab" * 16))


def test_each_route_of_a_batch_has_a_format():
    assert list(ENDPOINTS) == [CHAT, COMPLETIONS, RESPONSES] == list(QUESTIONS)


@pytest.mark.parametrize("path", ENDPOINTS)
def test_the_engine_gets_a_chat_completion(path):
    assert checked(path)["request"]["messages"] == MESSAGES


def test_options_are_told_in_the_engines_words():
    asked = checked(RESPONSES, instructions="Be brief.", max_output_tokens=9)["request"]

    assert asked["max_tokens"] == 9
    assert asked["messages"][0] == {"role": "system", "content": "Be brief."}
    assert checked(COMPLETIONS)["request"]["max_tokens"] == 16


@pytest.mark.parametrize(
    ("path", "fields", "param", "reason"),
    [
        (CHAT, {"stream": True}, "stream", "whole"),
        (COMPLETIONS, {"stream": True}, "stream", "whole"),
        (COMPLETIONS, {"echo": True}, "echo", "not supported"),
        (COMPLETIONS, {"prompt": [1, 2]}, "prompt", "token ids"),
        (COMPLETIONS, {"logit_bias": {"a": 1}}, "logit_bias", ""),
        (RESPONSES, {"stream": True}, "stream", "whole"),
        (RESPONSES, {"background": True}, "background", "in the background"),
        (RESPONSES, {"store": True}, "store", "output file"),
        (RESPONSES, {"truncation": "auto"}, "truncation", "nobody is there"),
        (RESPONSES, {"tools": [SEARCH]}, "tools[0].type", "searches no documents"),
        (CHAT, {"tools": [SEARCH]}, "tools[0].type", "searches no documents"),
        (RESPONSES, {"previous_response_id": "resp_1"}, "previous_response_id", "kept"),
        (RESPONSES, {"input": [{"id": "msg_1"}]}, "input[0].id", "send the item itself"),
        (RESPONSES, {"conversation": "conv_1"}, "conversation", "not supported"),
        (RESPONSES, {"tool_choice": "required"}, "tool_choice", "needs a function"),
        (RESPONSES, {"input": []}, "input", "at least 1"),
        (RESPONSES, {"max_output_tokens": 0}, "max_output_tokens", "greater than"),
        (RESPONSES, {"grammar": "root ::= x"}, "grammar", "grammar"),
    ],
)
def test_what_cannot_work_in_a_batch_is_refused_with_the_reason(path, fields, param, reason):
    error = checked(path, **fields)

    code = "unknown_parameter" if param == "grammar" else "invalid_request"
    assert (error.code, error.line, error.param) == (code, 1, f"body.{param}")
    assert reason in error.message


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_line_of_another_route_names_both(path):
    check = InputCheck(path, ServedModels("twin"), 6 * 2**20)
    other = next(one for one in ENDPOINTS if one != path)
    assert not list(check.jobs([jsonl([request("a", other)])]))
    (error,) = check.all_errors()

    assert error.code == "url_mismatch"
    assert other in error.message
    assert path in error.message


def test_a_response_tells_its_request_back_beside_the_answer():
    told = answered(RESPONSES, instructions="Be brief.", metadata={"run": "7"}, store=False)
    check_response(told)

    assert told["id"] == "resp_" + "ab" * 16
    assert told["output"][0]["id"] == "msg_" + "ab" * 16 + "o0"
    assert told["output"][0]["content"][0]["text"] == "Hi"
    assert (told["status"], told["completed_at"]) == ("completed", ANSWER["created"])
    assert (told["instructions"], told["metadata"]) == ("Be brief.", {"run": "7"})
    assert (told["store"], told["background"]) == (False, False)
    assert told["usage"]["total_tokens"] == 7


def test_a_response_that_was_cut_short_says_so():
    cut = {**ANSWER, "choices": [{**ANSWER["choices"][0], "finish_reason": "length"}]}
    told = answered(RESPONSES, cut)

    assert told["status"] == "incomplete"
    assert told["incomplete_details"] == {"reason": "max_output_tokens"}


def test_a_completion_is_openais():
    told = Completion.model_validate(answered(COMPLETIONS), strict=True)

    assert (told.id, told.object, told.model) == ("cmpl-1", "text_completion", "twin")
    assert told.choices[0].text == "Hi"


@pytest.mark.parametrize("path", [COMPLETIONS, RESPONSES])
@pytest.mark.parametrize("choices", ["no", [7], [{"message": None}]])
def test_rubbish_is_no_answer(path, choices):
    with pytest.raises(EngineError):
        answered(path, {**ANSWER, "choices": choices})
