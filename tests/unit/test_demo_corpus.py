"""The demo model's text: read from the glossary, unambiguous, drawn repeatably."""

from __future__ import annotations

import pytest

from model_artifacts.training.conversations import ConversationSampler
from model_artifacts.training.corpus import normalized, read_corpus
from model_artifacts.training.glossary import read_glossary


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


def test_bold_phrases_are_the_names_and_the_sentence_is_the_definition(glossary):
    (entry,) = read_glossary(glossary("# Title\n\n- **Prefill phase** (**PF**) reads.\n"))
    assert entry.names == ("prefill phase", "PF")
    assert entry.definition == "Prefill phase (PF) reads."


@pytest.mark.parametrize(
    ("bullet", "singular", "plural"),
    [
        ("An **endpoint** runs.", "an endpoint", "endpoints"),
        ("A **quota** limits.", "a quota", "quotas"),
        ("A **vocabulary** lists.", "a vocabulary", "vocabularies"),
        ("A **large model** (**LLM**) talks.", "an LLM", "LLMs"),
        ("A **deep learning container** (**DLC**) runs.", "a DLC", "DLCs"),
        ("The **KV cache** keeps.", "the KV cache", "KV cache"),
        ("**SageMaker** hosts.", "SageMaker", "SageMaker"),
    ],
)
def test_names_take_the_article_of_their_definition(glossary, bullet, singular, plural):
    (entry,) = read_glossary(glossary(f"- {bullet}\n"))
    assert entry.with_article(entry.names[-1]) == singular
    assert entry.plural(entry.names[-1]) == plural


def test_bullet_without_a_term_is_an_error(glossary):
    with pytest.raises(ValueError, match="1 bullets do not start with"):
        read_glossary(glossary("- no term here\n"))


def test_term_defined_twice_is_an_error(glossary):
    with pytest.raises(ValueError, match="defined twice: slot"):
        read_glossary(glossary("- A **slot** is.\n- **Slot** means.\n"))


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


def test_same_seed_draws_the_same_conversations(corpus):
    first, second = (ConversationSampler(corpus, seed=7) for _ in range(2))
    assert [first.draw(3) for _ in range(20)] == [second.draw(3) for _ in range(20)]


def test_conversations_alternate_question_and_answer(corpus):
    sampler = ConversationSampler(corpus, seed=7)
    roles = [[message.role for message in sampler.draw(2)] for _ in range(50)]
    turns = ["user", "assistant", "user", "assistant"]
    assert all(drawn in (turns, ["system", *turns]) for drawn in roles)
    assert ["system", *turns] in roles
