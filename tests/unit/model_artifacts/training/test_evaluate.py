"""The score of a model, with scripted answers in place of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from model_artifacts.training.conversations import SYSTEM_PROMPTS, Message
from model_artifacts.training.corpus import read_corpus
from model_artifacts.training.engine import Answer
from model_artifacts.training.evaluate import Case, calls, cases, evaluate, quotes


class Script:
    """Answers by question, each with whether it ended by itself."""

    def __init__(self, answers: dict[str, tuple[str, bool]]) -> None:
        self._answers = answers

    def ask(self, messages: Sequence[Message], **fields: Any) -> Answer:
        text, ended = self._answers[messages[-1].content]
        return Answer(text + "".join(fields), ended)


def case(question: str, expected: str) -> Case:
    return Case((Message("user", question),), expected)


def test_only_word_for_word_is_exact() -> None:
    script = Script(
        {"a": ("A.", True), "b": ("b.", True), "c": ("C. C.", False), "d": ("D.", True)}
    )
    asked = [case("a", "A."), case("b", "B."), case("c", "C."), case("d", "D.")]
    score = evaluate(script, asked)  # type: ignore[arg-type]
    assert (score.cases, score.exact, score.endless) == (4, 0.5, 1)
    assert [(miss.case.expected, miss.said) for miss in score.misses] == [
        ("B.", "b."),
        ("C.", "C. C."),
    ]


@pytest.fixture(scope="module")
def sets() -> dict[str, list[Case]]:
    return cases(read_corpus())


def test_every_set_asks_something(sets: dict[str, list[Case]]) -> None:
    assert len(sets) == 9
    assert all(asked for asked in sets.values())
    assert all(c.chat[-1].role == "user" for asked in sets.values() for c in asked)


def test_sets_are_what_their_names_say(sets: dict[str, list[Case]]) -> None:
    lower = [c.chat[-1].content for c in sets["lower case, no question mark"]]
    assert all(question == question.lower().rstrip("?.!") for question in lower)
    assert {c.chat[0].content for c in sets["with a system prompt"]} == {SYSTEM_PROMPTS[0]}
    assert {len(c.chat) for c in sets["tenth question of a chat"]} == {19}


def test_quotes_are_asked_of_the_document_they_stand_in() -> None:
    alone, among = quotes()["quotes of one document"], quotes()["quotes of three documents"]
    assert [c.chat[-1] for c in alone] == [c.chat[-1] for c in among]
    assert all(c.expected.endswith(" [1]") for c in alone)
    assert {c.expected[-3:] for c in among} == {"[1]", "[2]", "[3]"}
    for case in (*alone, *among):
        sentence, number = case.expected.removesuffix("]").rsplit(" [", 1)
        block = case.chat[0].content.split(f"[{number}] ")[-1].split("</document>")[0]
        assert sentence in block


def test_functions_are_asked_for_with_and_without_force() -> None:
    sets = calls()
    choices = {name: {c.fields.get("tool_choice") for c in asked} for name, asked in sets.items()}
    assert choices == {
        "calls, free to call": {"auto"},
        "calls, required": {"required"},
        "objects": {None},
    }
    assert all("response_format" in c.fields for c in sets["objects"])


def test_fields_of_a_case_are_sent() -> None:
    script = Script({"a": ("A.", True)})
    asked = [Case((Message("user", "a"),), "A.tools", {"tools": []})]
    assert evaluate(script, asked).exact == 1  # type: ignore[arg-type]
