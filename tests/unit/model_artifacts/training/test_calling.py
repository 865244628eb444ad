"""Functions and objects that are held out, as requests."""

from __future__ import annotations

import json

from model_artifacts.training.calling import read_calls, read_objects
from model_artifacts.training.reading.calls import PARAMETERS


def test_every_call_is_of_a_function_that_is_sent() -> None:
    requests = list(read_calls("required"))
    assert len(requests) == 20
    for request in requests:
        name, arguments = request.expected.split(" ", 1)
        sent = {tool["function"]["name"]: tool["function"] for tool in request.fields["tools"]}
        required = sent[name]["parameters"]["required"]
        assert list(json.loads(arguments)) == required
        assert all(value in request.question for value in json.loads(arguments).values())
        assert request.fields["tool_choice"] == "required"


def test_every_object_has_the_schemas_key_and_a_value_of_the_question() -> None:
    requests = list(read_objects())
    assert len(requests) == 16
    for request in requests:
        ((key, value),) = json.loads(request.expected).items()
        schema = request.fields["response_format"]["json_schema"]["schema"]
        assert schema["required"] == [key]
        assert value in request.chat[-1].content


def test_keys_of_objects_are_never_trained() -> None:
    keys = {key for request in read_objects() for key in json.loads(request.expected)}
    assert keys.isdisjoint(PARAMETERS)
