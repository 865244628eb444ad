from __future__ import annotations

from typing import Any

import pytest

from localcloud.sagemaker.transform.json_path import JsonPath, JsonPathError

DOCUMENT = {
    "id": 1,
    "request": {"messages": [{"role": "user"}, {"role": "assistant"}]},
    "SageMakerOutput": {"choices": [10, 11, 12, 13]},
    "odd name": True,
}


@pytest.mark.parametrize(
    ("path", "selected"),
    [
        ("$", DOCUMENT),
        ("$.request.messages[0].role", "user"),
        ("$['id']", 1),
        ("$['odd name']", True),
        ("$.['id','odd name']", {"id": 1, "odd name": True}),
        ("$[ 'id' , 'odd name' ]", {"id": 1, "odd name": True}),
        ("$.SageMakerOutput.choices[-1]", 13),
        ("$.SageMakerOutput.choices[0,2:]", [10, 12, 13]),
        ("$.SageMakerOutput.choices[:2]", [10, 11]),
        ("$.SageMakerOutput.choices[1,-1]", [11, 13]),
        ("$.SageMakerOutput.choices[9:]", []),
        ("$.request.messages[*].role", ["user", "assistant"]),
        ("$.SageMakerOutput.*", [[10, 11, 12, 13]]),
    ],
)
def test_path_selects(path: str, selected: Any) -> None:
    assert JsonPath(path).select(DOCUMENT) == selected


@pytest.mark.parametrize(
    "path",
    ["", "id", "$id", "$..id", "$.", "$[", "$['id'", "$[?(@.a)]", "$[a]", "$['a' 'b']", "$.a b"],
)
def test_what_sagemaker_does_not_support_is_refused(path: str) -> None:
    with pytest.raises(JsonPathError, match=r"JSONPath"):
        JsonPath(path)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("$.absent", "the object has no ['absent']"),
        ("$['id','absent']", "the object has no ['absent']"),
        ("$.id.more", "expected an object with ['more'], got a int"),
        ("$[0]", "expected an array, got an object"),
        ("$.SageMakerOutput.choices[4]", "no element 4 in an array of 4"),
        ("$.SageMakerOutput.choices[-5]", "no element -5 in an array of 4"),
    ],
)
def test_what_is_not_there_is_named(path: str, problem: str) -> None:
    with pytest.raises(JsonPathError) as raised:
        JsonPath(path).select(DOCUMENT)
    assert problem in str(raised.value)
