"""The shipped demo model is small, carries its template and answers what it was trained on."""

from __future__ import annotations

import gguf
import pytest

from model_artifacts.training.conversations import Message
from model_artifacts.training.corpus import read_corpus
from model_artifacts.training.engine import LocalEngine
from model_artifacts.training.evaluate import calls, cases, evaluate, quotes
from model_artifacts.training.glossary import GLOSSARY

DEMO = GLOSSARY.parents[1] / "model_artifacts" / "demo"


@pytest.fixture(scope="module")
def model():
    (only,) = DEMO.glob("*.gguf")
    return only


@pytest.fixture(scope="module")
def engine(model):
    with LocalEngine(model) as running:
        yield running


@pytest.fixture(scope="module")
def expected():
    return {
        question: topic.answer for topic in read_corpus().trained for question in topic.questions
    }


def test_model_is_at_most_8_megabytes(model):
    assert model.stat().st_size <= 8_000_000


def test_model_says_what_it_is(model):
    reader = gguf.GGUFReader(model)
    assert reader.get_field("general.license").contents() == "apache-2.0"
    assert "<|im_start|>assistant" in reader.get_field("tokenizer.chat_template").contents()


@pytest.mark.parametrize(
    "question",
    [
        "Hello",
        "Who are you?",
        "What is TTFT?",
        "Explain continuous batching.",
        "What does it cost?",
        "How do I stop it?",
        "Why does it say strange things?",
        "What is the capital of France?",
    ],
)
def test_trained_question_is_answered_word_for_word(engine, expected, question):
    answer = engine.ask([Message("user", question)])
    assert (answer.text, answer.ended) == (expected[question], True)


def test_answer_is_streamed_in_pieces_of_the_same_text(engine, expected):
    pieces = engine.stream([Message("user", "What is the KV cache?")])
    assert "".join(pieces) == expected["What is the KV cache?"]
    assert len(pieces) > 10


def test_nearly_every_case_of_a_sample_is_exact(engine):
    # All of them take minutes: python -m model_artifacts.training.evaluate.
    sample = [case for every in cases(read_corpus()).values() for case in every[:: len(every) // 9]]
    assert evaluate(engine, sample).exact > 0.9


@pytest.mark.parametrize(
    ("name", "at_least"),
    [("quotes of one document", 0.65), ("quotes of three documents", 0.55)],
)
def test_documents_that_were_never_seen_are_quoted(engine, name, at_least):
    assert evaluate(engine, quotes()[name]).exact >= at_least


@pytest.mark.parametrize(("name", "at_least"), [("calls, required", 0.45), ("objects", 0.6)])
def test_functions_are_called_and_objects_filled_from_the_question(engine, name, at_least):
    assert evaluate(engine, calls()[name]).exact >= at_least
