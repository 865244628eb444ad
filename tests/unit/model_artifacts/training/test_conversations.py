"""Conversations drawn from the corpus, repeatably."""

from __future__ import annotations

import pytest

from model_artifacts.training.conversations import ConversationSampler
from model_artifacts.training.corpus import normalized, read_corpus


@pytest.fixture(scope="module")
def corpus():
    return read_corpus()


def test_same_seed_draws_the_same_conversations(corpus):
    first, second = (ConversationSampler(corpus, seed=7) for _ in range(2))
    assert [first.draw(3) for _ in range(20)] == [second.draw(3) for _ in range(20)]


def test_conversations_alternate_question_and_answer(corpus):
    sampler = ConversationSampler(corpus, seed=7)
    roles = [[message.role for message in sampler.draw(2)] for _ in range(50)]
    turns = ["user", "assistant", "user", "assistant"]
    assert all(drawn in (turns, ["system", *turns]) for drawn in roles)
    assert ["system", *turns] in roles


def test_some_questions_have_nothing_but_the_subject_of_their_answer(corpus):
    sampler = ConversationSampler(corpus, seed=7)
    known = {normalized(question) for topic in corpus.trained for question in topic.questions}
    subjects = {topic.answer: topic.subjects for topic in corpus.trained}
    loose = [
        (asked.content.lower(), answer.content)
        for asked, answer in (sampler.draw(1)[-2:] for _ in range(400))
        if normalized(asked.content) not in known and answer.content != corpus.refusal.answer
    ]
    assert 20 < len(loose) < 100
    assert all(any(name.lower() in asked for name in subjects[said]) for asked, said in loose)
