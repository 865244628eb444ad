"""Where attention is taught to look, on lessons written by hand."""

from __future__ import annotations

import random

import pytest
from tokenizers import Tokenizer

from model_artifacts.training.chatml import train_tokenizer
from model_artifacts.training.quoting import Block, system_message
from model_artifacts.training.reading.lessons import quoting_lesson
from model_artifacts.training.reading.looks import EncodedLesson, drill, encode_lesson

HOURS = Block("hours.md", "Hours", ("Doors open at nine.", "Gates close at six."))
CATS = Block("cats.md", "Cats", ("Cats sleep.",))


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer([system_message([HOURS, CATS])] * 3, 400)


@pytest.fixture(scope="module")
def lesson(tokenizer: Tokenizer) -> EncodedLesson:
    return encode_lesson(tokenizer, quoting_lesson([CATS, HOURS], 1, 1, "When do <Gates> <close>?"))


def looks(lesson: EncodedLesson, skill: str) -> dict[int, tuple[int, ...]]:
    return {look.query: look.targets for look in lesson.looks if look.skill == skill}


def test_only_the_answer_is_learned(tokenizer: Tokenizer, lesson: EncodedLesson) -> None:
    answer = [t for t, learned in zip(lesson.tokens, lesson.learned, strict=True) if learned]
    said = tokenizer.decode(answer, skip_special_tokens=False)
    assert said == "Gates close at six. [2]<|im_end|>"


def test_a_copied_token_is_the_one_that_is_looked_at(lesson: EncodedLesson) -> None:
    copying = looks(lesson, "copy") | looks(lesson, "start") | looks(lesson, "part")
    assert len(looks(lesson, "start")) == 1  # the sentence
    assert len(looks(lesson, "part")) == 1  # the number
    for query, (source,) in copying.items():
        assert lesson.tokens[query + 1] == lesson.tokens[source]
        assert source < query
        assert lesson.learned[query + 1]


def test_tokens_of_a_sentence_look_at_its_first(
    tokenizer: Tokenizer, lesson: EncodedLesson
) -> None:
    firsts = {target for (target,) in looks(lesson, "sentence").values()}
    begins = [tokenizer.decode(lesson.tokens[first : first + 30]) for first in sorted(firsts)]
    wanted = ("Cats sleep.", *HOURS.sentences)
    assert all(begin.startswith(said) for begin, said in zip(begins, wanted, strict=True))


def test_tokens_of_a_block_look_at_its_number(tokenizer: Tokenizer, lesson: EncodedLesson) -> None:
    numbers = {target for (target,) in looks(lesson, "number").values()}
    assert [tokenizer.decode([lesson.tokens[at]]) for at in sorted(numbers)] == ["1", "2"]


def test_an_asked_token_looks_at_itself_in_the_sentence_that_answers(
    lesson: EncodedLesson,
) -> None:
    matching = looks(lesson, "match")
    assert matching
    for query, targets in matching.items():
        assert {lesson.tokens[target] for target in targets} == {lesson.tokens[query]}
    assert set(looks(lesson, "question").values()) == {tuple(matching)}


def test_marks_of_the_question_and_the_answer_are_those_of_the_sentence_that_answers(
    tokenizer: Tokenizer, lesson: EncodedLesson
) -> None:
    (first,) = next(iter(looks(lesson, "start").values()))
    assert tokenizer.decode(lesson.tokens[first : first + 30]).startswith("Gates close at six.")
    marked = {mark.query for mark in lesson.marks if mark.skill != "sentence"}
    assert marked == looks(lesson, "match").keys() | looks(lesson, "question").keys()
    assert {mark.targets for mark in lesson.marks if mark.skill != "sentence"} == {(first,)}


def test_before_the_number_the_answer_looks_at_its_sentence(lesson: EncodedLesson) -> None:
    ((query, targets),) = looks(lesson, "source").items()
    assert query in looks(lesson, "part")
    assert set(looks(lesson, "match")[min(looks(lesson, "match"))]) <= set(targets)


def test_a_sentence_has_the_same_tokens_after_a_space(tokenizer: Tokenizer) -> None:
    alone = tokenizer.encode("Gates close at six.").ids
    assert tokenizer.encode("nine. Gates close at six.\n").ids[-len(alone) - 1 : -1] == alone


def test_a_drill_says_every_run_again() -> None:
    lesson = drill(random.Random(1), vocabulary_size=50)
    assert sum(lesson.learned) == len(lesson.looks) > 10
    for look in lesson.looks:
        assert lesson.tokens[look.query + 1] == lesson.tokens[look.targets[0]]
        assert lesson.tokens[look.query] == lesson.tokens[look.targets[0] - 1]
