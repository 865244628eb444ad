"""Random conversations from the corpus, as varied as those of real clients."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass

from model_artifacts.training.corpus import TEMPLATES, Corpus, Topic, about

# Clients often send one; the demo model answers the same with and without.
SYSTEM_PROMPTS = (
    "You are a helpful assistant.",
    "You are a helpful, honest and concise assistant.",
    "You are an expert in cloud computing. Answer briefly.",
    "Answer in one sentence.",
    "Be concise.",
)

# Of glossary, project and refusal. Questions about the project share no templates, so that each
# must be seen more often.
_SHARES = (52, 28, 20)

_LOOSE = 0.2
"""Share of the questions about a subject that are asked in words of no order, so that the subject
decides the answer, and not the phrasing."""


@dataclass(frozen=True)
class Message:
    """A message of a chat.

    Attributes:
        role: system, user or assistant.
        content: The text.
    """

    role: str
    content: str


class ConversationSampler:
    """An endless, seeded source of conversations."""

    def __init__(self, corpus: Corpus, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a repeatable draw, not a secret
        self._refusal = corpus.refusal.answer
        self._pools = [_pairs(corpus.terms), _pairs(corpus.project), _pairs([corpus.refusal])]
        self._subjects = {topic.answer: topic.subjects for topic in corpus.trained}
        self._words = _common_words(corpus)

    def draw(self, turns: int) -> list[Message]:
        """Return `turns` questions and answers, in a sixth of the cases after a system prompt."""
        messages = []
        if self._random.random() < 1 / 6:
            messages.append(Message("system", self._random.choice(SYSTEM_PROMPTS)))
        for _ in range(turns):
            question, answer = self._pair()
            messages.append(Message("user", self._vary(question)))
            messages.append(Message("assistant", answer))
        return messages

    def _pair(self) -> tuple[str, str]:
        (pool,) = self._random.choices(self._pools, weights=_SHARES)
        question, answer = self._random.choice(pool)
        if answer == self._refusal and self._random.random() < 1 / 3:
            question = about(self._invented_word(), self._random.choice(TEMPLATES))
        elif self._subjects[answer] and self._random.random() < _LOOSE:
            question = self._loose(self._random.choice(self._subjects[answer]))
        return question, answer

    def _loose(self, subject: str) -> str:
        """Return a question whose other words say nothing."""
        before = self._random.choices(self._words, k=self._random.randint(1, 5))
        after = self._random.choices(self._words, k=self._random.choice((0, 0, 1, 2)))
        text = " ".join((*before, subject, *after)) + self._random.choice(("?", "?", "."))
        return text[0].upper() + text[1:]

    def _invented_word(self) -> str:
        """Return a word nobody has defined, so that refusing is not learned by heart."""
        syllables = self._random.randint(1, 4)
        return "".join(
            self._random.choice("bcdfghjklmnprstvwxz") + self._random.choice("aeiouy")
            for _ in range(syllables)
        )

    def _vary(self, question: str) -> str:
        """Return the question unchanged, in lower case, capitalised, or without the final mark."""
        if self._random.random() < 1 / 3:
            question = question.lower()
        elif self._random.random() < 1 / 4:
            question = question[0].upper() + question[1:]
        if self._random.random() < 1 / 3:
            question = question.rstrip("?.!") or question
        return question


def _pairs(topics: Iterable[Topic]) -> list[tuple[str, str]]:
    return [(question, topic.answer) for topic in topics for question in topic.questions]


def _common_words(corpus: Corpus) -> list[str]:
    """Return the words of all questions that stand in no subject."""
    questions = [question for topic in corpus.trained for question in topic.questions]
    subjects = [subject for topic in corpus.terms for subject in topic.subjects]
    subjects += corpus.refusal.subjects
    taken = set(re.findall(r"[a-z]+", " ".join(subjects).lower())) - {"a", "an", "the"}
    words = set(re.findall(r"[a-z]+", " ".join(questions).lower()))
    return sorted(word for word in words if taken.isdisjoint((word, word.removesuffix("s"))))
