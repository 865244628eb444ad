"""Lessons say what stands where."""

from __future__ import annotations

import random

import pytest

from model_artifacts.training.quoting import Block, system_message
from model_artifacts.training.reading.calls import CallTeacher
from model_artifacts.training.reading.facts import FactWriter
from model_artifacts.training.reading.lessons import (
    DocumentTeacher,
    Lesson,
    Span,
    quoting_lesson,
    unmarked,
)

HOURS = Block("hours.md", "Hours", ("We open at nine.", "We close at six."))
MOON = Block("moon.txt", "Moon > Phases", ("The moon is full.",))


def text(lesson: Lesson, span: Span) -> str:
    return lesson.chat[span.message].content[span.start : span.end]


def test_quoting_lesson_is_the_services_prompt_and_its_parts() -> None:
    lesson = quoting_lesson([MOON, HOURS], 1, 1, "When do you <close>?")
    assert [message.content for message in lesson.chat] == [
        system_message([MOON, HOURS]),
        "When do you close?",
        "We close at six. [2]",
    ]
    assert [text(lesson, source) for source, _ in lesson.copies] == ["We close at six.", "2"]
    assert [text(lesson, span) for span in lesson.sentences] == [
        *MOON.sentences,
        *HOURS.sentences,
    ]
    assert [text(lesson, number) for number, _ in lesson.blocks] == ["1", "2"]
    assert [text(lesson, span) for span in lesson.asked] == ["close"]
    assert lesson.answering is not None
    assert text(lesson, lesson.answering) == "We close at six."


def test_without_the_services_words_the_rest_is_the_same() -> None:
    lesson = quoting_lesson([HOURS], 0, 0, "When?", instructed=False)
    assert lesson.chat[0].content == system_message([HOURS]).split("\n\n", 1)[1]


@pytest.mark.parametrize("teacher", ["documents", "call", "result", "json"])
def test_what_is_copied_is_the_same_text_in_both_places(teacher: str) -> None:
    draw = random.Random(3)
    writer = FactWriter(draw, ("ab", "str", "ing"))
    documents, calls = DocumentTeacher(draw, writer), CallTeacher(draw, writer)
    for _ in range(100):
        lesson = (
            documents.lesson(3, instructed=True)
            if teacher == "documents"
            else getattr(calls, teacher)()
        )
        assert lesson.copies
        for source, copy in lesson.copies:
            assert text(lesson, source) == text(lesson, copy) != ""
            assert copy.message == len(lesson.chat) - 1 > source.message
            assert lesson.chat[copy.message].role == "assistant"


def test_marks_are_taken_out_of_a_question() -> None:
    assert unmarked("Is <the door> <shut>?", message=1) == (
        "Is the door shut?",
        (Span(1, 3, 11), Span(1, 12, 16)),
    )
