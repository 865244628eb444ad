"""Made-up sentences, each with a question about it, in words drawn at random."""

from __future__ import annotations

import random
import tomllib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

LEXICON = Path(__file__).with_name("lexicon.toml")

_FRAMES = (
    "When is {}?",
    "Where is {}?",
    "What is {}?",
    "Who is {}?",
    "How is {}?",
    "Why does {}?",
    "When does the {}?",
    "Where are the {}?",
    "What does {} mean?",
    "How often do {}?",
    "Do {}?",
    "Which {}?",
    "What about {}?",
    "Tell me about {}.",
    "How long does the {} take?",
    "Is the {} here?",
    "{}?",
)
_LINKS = (" ", " ", " ", " the ", " is ", " a ", " of ", " with ")
_REMEMBERED = 16
"""Words of sentences without a form that may be said again in the next ones."""

_SMALL = ("the", "a", "is", "of", "and", "to", "in", "for", "are", "with", "on", "has", "by", "at")


@dataclass(frozen=True)
class Fact:
    """A sentence, and a question whose words in angle brackets the sentence has too.

    Attributes:
        sentence: The sentence.
        question: The question.
    """

    sentence: str
    question: str


class FactWriter:
    """An endless source of facts.

    Args:
        draw: The source of chance.
        pieces: Parts of words, as the tokenizer knows them; invented words are made of these.
    """

    def __init__(self, draw: random.Random, pieces: Sequence[str]) -> None:
        told = tomllib.loads(LEXICON.read_text(encoding="utf-8"))
        self._draw = draw
        self._pieces = pieces
        self._said: deque[str] = deque(maxlen=_REMEMBERED)
        self._forms: list[dict[str, Any]] = told["form"]
        self._words = {
            name: text.replace("\n", "").split("|") if "|" in text else text.split()
            for name, text in told.items()
            if isinstance(text, str)
        }

    def word(self) -> str:
        """Return a word: an invented one in two of five cases, seldom a number with a point."""
        kind = self._draw.random()
        if kind < 0.4:
            return self.invented()
        if kind < 0.42:
            return f"{self._draw.randrange(40)}.{self._draw.randrange(100)}"
        if kind < 0.44:
            return f"{self.pick('verbs')}-{self.pick('nouns')}"
        return self.pick(self._draw.choice(("nouns", "nouns", "verbs")))

    def pick(self, kind: str) -> str:
        """Return a word or phrase of the lexicon's list `kind`."""
        return self._draw.choice(self._words[kind])

    def invented(self) -> str:
        """Return one or two parts of words, in a quarter of the cases with a capital."""
        word = "".join(self._draw.choices(self._pieces, k=self._draw.choice((1, 2, 2, 3))))
        return word.capitalize() if self._draw.random() < 0.25 else word

    def phrase(self) -> str:
        """Return a word or two."""
        return " ".join(self.word() for _ in range(self._draw.choice((1, 1, 2))))

    def fact(self) -> Fact:
        """Return a fact: of a form, or with words in no order."""
        return self._formed() if self._draw.random() < 0.5 else self._loose()

    def _formed(self) -> Fact:
        form = self._draw.choice(self._forms)
        slots = {
            "n": self.phrase(),
            "m": self.word(),
            "v": self.pick("participles"),
            "w": self.pick("verbs"),
            "x": self.pick("verbs"),
            "t": self.pick("times"),
            "p": self.pick("places"),
            "h": self.pick("people"),
            "k": self.pick("numbers"),
        }
        capitals = {name.upper(): capitalized(text) for name, text in slots.items()}
        marked = {name: f"<{text}>" for name, text in slots.items()}
        question = self._draw.choice(form["asks"])
        return Fact(form["says"].format(**slots, **capitals), question.format(**marked))

    def _loose(self) -> Fact:
        words: list[str] = []
        rare: list[int] = []
        for place in range(self._draw.randint(4, 14)):
            kind = self._draw.random()
            if kind < 0.3:
                words.append(self._draw.choice(_SMALL))
            elif kind < 0.42 and self._said:
                words.append(self._draw.choice(self._said))  # as texts repeat their words
            else:
                words.append(self.word())
                rare += [place] * (place > 0)
        if not rare:
            words[-1] = self.invented()
            rare = [len(words) - 1]
        self._said.extend(words)
        words[0] = capitalized(words[0])
        chosen = sorted(self._draw.sample(rare, min(len(rare), self._draw.choice((1, 2, 2, 3, 3)))))
        asked = f"<{words[chosen[0]]}>"
        for before, place in pairwise(chosen):
            link = " " if place == before + 1 else self._draw.choice(_LINKS)
            asked += f"{link}<{words[place]}>"
        return Fact(" ".join(words) + ".", self._draw.choice(_FRAMES).format(asked))


def capitalized(text: str) -> str:
    """Return a text whose first letter is a capital, and the rest unchanged."""
    return text[0].upper() + text[1:]
