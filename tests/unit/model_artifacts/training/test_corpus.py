"""The demo model's text: unambiguous, with questions held out."""

from __future__ import annotations

import pytest

from model_artifacts.training.corpus import normalized, read_corpus


@pytest.fixture(scope="module")
def corpus():
    return read_corpus()


@pytest.fixture
def glossary(tmp_path):
    def write(text: str):
        path = tmp_path / "glossary.md"
        path.write_text(text)
        return path

    return write


def test_question_with_two_answers_is_an_error(glossary):
    with pytest.raises(ValueError, match="question with two answers: 'What is this"):
        read_corpus(glossary=glossary("- **This** is ambiguous.\n"))


def test_glossary_covers_the_field(corpus):
    assert len(corpus.terms) > 100


def test_held_out_questions_are_never_trained(corpus):
    trained = {normalized(question) for topic in corpus.trained for question in topic.questions}
    held_out = (*corpus.held_out_terms, corpus.held_out_refusal)
    unseen = {normalized(question) for topic in held_out for question in topic.questions}
    assert not trained & unseen
