"""Lessons in reading: made-up documents, a question about one sentence, and the sentence as answer.

The words are drawn at random, so that nothing but the document can be the answer's source.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_artifacts.training.conversations import Message
from model_artifacts.training.quoting import Block, system_message

LEXICON = Path(__file__).with_name("lexicon.toml")

_MARKED = re.compile(r"<([^<>]*)>")
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
_SMALL = ("the", "a", "is", "of", "and", "to", "in", "for", "are", "with", "on", "has", "by", "at")
_ENDINGS = (".md", ".txt", ".html", ".pdf", ".docx")


@dataclass(frozen=True)
class Span:
    """A part of a message.

    Attributes:
        message: The message's place in its chat.
        start, end: Characters of its content, the end not included.
    """

    message: int
    start: int
    end: int


@dataclass(frozen=True)
class Lesson:
    """A chat in which the answer's parts stand somewhere before.

    Attributes:
        chat: The messages, the answer last.
        copies: A part of the prompt, and the part of the answer that is the same text.
        asked: The question's words that the answering sentence has too.
        sentences: Every sentence of the documents.
        blocks: Every document, and the number in front of it.
    """

    chat: tuple[Message, ...]
    copies: tuple[tuple[Span, Span], ...] = ()
    asked: tuple[Span, ...] = ()
    sentences: tuple[Span, ...] = ()
    blocks: tuple[tuple[Span, Span], ...] = ()


@dataclass(frozen=True)
class Fact:
    """A sentence, and a question whose words in angle brackets the sentence has too.

    Attributes:
        sentence: The sentence.
        question: The question.
    """

    sentence: str
    question: str


class Writer:
    """An endless, seeded source of facts.

    Args:
        draw: The source of chance.
        pieces: Parts of words, as the tokenizer knows them; invented words are made of these.
    """

    def __init__(self, draw: random.Random, pieces: Sequence[str]) -> None:
        told = tomllib.loads(LEXICON.read_text(encoding="utf-8"))
        self._draw = draw
        self._pieces = pieces
        self._forms: list[dict[str, Any]] = told["form"]
        self._words = {
            name: text.replace("\n", "").split("|") if "|" in text else text.split()
            for name, text in told.items()
            if isinstance(text, str)
        }

    def word(self) -> str:
        """Return a word: an invented one in two of five cases."""
        if self._draw.random() < 0.4:
            return self.invented()
        return self._draw.choice(self._words[self._draw.choice(("nouns", "nouns", "verbs"))])

    def invented(self) -> str:
        """Return one to three parts of words, in a quarter of the cases with a capital."""
        word = "".join(self._draw.choices(self._pieces, k=self._draw.choice((1, 1, 2, 2))))
        return word.capitalize() if self._draw.random() < 0.25 else word

    def fact(self) -> Fact:
        """Return a fact: of a form, or with words in no order."""
        return self._formed() if self._draw.random() < 0.5 else self._loose()

    def _formed(self) -> Fact:
        form = self._draw.choice(self._forms)
        pick = self._draw.choice
        slots = {
            "n": self._phrase(),
            "m": self.word(),
            "v": pick(self._words["participles"]),
            "w": pick(self._words["verbs"]),
            "x": pick(self._words["verbs"]),
            "t": pick(self._words["times"]),
            "p": pick(self._words["places"]),
            "h": pick(self._words["people"]),
            "k": pick(self._words["numbers"]),
        }
        capitals = {name.upper(): text[0].upper() + text[1:] for name, text in slots.items()}
        marked = {name: f"<{text}>" for name, text in slots.items()}
        return Fact(form["says"].format(**slots, **capitals), pick(form["asks"]).format(**marked))

    def _phrase(self) -> str:
        return " ".join(self.word() for _ in range(self._draw.choice((1, 1, 2))))

    def _loose(self) -> Fact:
        length = self._draw.randint(4, 12)
        words = [
            self._draw.choice(_SMALL) if self._draw.random() < 0.3 else self.word()
            for _ in range(length)
        ]
        words[0] = words[0][0].upper() + words[0][1:]
        rare = [place for place, word in enumerate(words) if place and word not in _SMALL]
        if not rare:
            words[-1] = self.invented()
            rare = [length - 1]
        chosen = sorted(self._draw.sample(rare, min(len(rare), self._draw.choice((1, 2, 2, 3, 3)))))
        asked = f"<{words[chosen[0]]}>"
        for before, place in zip(chosen, chosen[1:], strict=False):
            link = " " if place == before + 1 else self._draw.choice(_LINKS)
            asked += f"{link}<{words[place]}>"
        return Fact(" ".join(words) + ".", self._draw.choice(_FRAMES).format(asked))


class Reader:
    """An endless, seeded source of lessons.

    Args:
        seed: Seeds the draws.
        pieces: Parts of words that invented words are made of.
    """

    def __init__(self, seed: int, pieces: Sequence[str]) -> None:
        self._draw = random.Random(seed)  # noqa: S311 - a repeatable draw, not a secret
        self._writer = Writer(self._draw, pieces)

    def draw(self, most_blocks: int, *, instructed: bool) -> Lesson:
        """Return a question about documents.

        Args:
            most_blocks: Most documents in the prompt.
            instructed: Whether the words of the service stand before them.
        """
        count = self._draw.randint(1, most_blocks)
        facts = [
            [self._writer.fact() for _ in range(self._draw.choice((1, 2, 2, 3, 3, 4)))]
            for _ in range(count)
        ]
        number = self._draw.randrange(count)
        place = self._draw.randrange(len(facts[number]))
        return lesson(
            [self._block(of_block) for of_block in facts],
            number,
            place,
            facts[number][place].question,
            instructed=instructed,
        )

    def _block(self, facts: Sequence[Fact]) -> Block:
        name = re.sub(r"\W", "", self._writer.word()) or "a"
        heading = " ".join(self._writer.word() for _ in range(self._draw.choice((1, 1, 2, 3))))
        return Block(
            name + self._draw.choice(_ENDINGS),
            heading[0].upper() + heading[1:],
            tuple(fact.sentence for fact in facts),
        )


def lesson(
    blocks: Sequence[Block], number: int, place: int, marked: str, *, instructed: bool = True
) -> Lesson:
    """Return the lesson in which a question is answered with a sentence of a document.

    Args:
        blocks: The documents.
        number: Which of them answers, from 0.
        place: Which of its sentences answers, from 0.
        marked: The question, with words of the sentence in angle brackets.
        instructed: Whether the words of the service stand before the documents.
    """
    system = system_message(blocks)
    if not instructed:
        system = system[system.index("\n\n[1]") + 2 :]
    question, asked = _unmarked(marked)
    sentences: list[list[Span]] = []
    numbers: list[tuple[Span, Span]] = []
    at = 0
    for count, block in enumerate(blocks, 1):
        start = system.index(f"[{count}] {block.file}\n<document>", at)
        at = system.index(f"\n{block.heading}\n", start) + len(block.heading) + 2
        of_block = []
        for sentence in block.sentences:
            of_block.append(Span(0, at, at + len(sentence)))
            at += len(sentence) + 1
        numbers.append((Span(0, start + 1, start + 1 + len(str(count))), Span(0, start, at)))
        sentences.append(of_block)
    said = blocks[number].sentences[place]
    answer = f"{said} [{number + 1}]"
    return Lesson(
        (Message("system", system), Message("user", question), Message("assistant", answer)),
        copies=(
            (sentences[number][place], Span(2, 0, len(said))),
            (numbers[number][0], Span(2, len(said) + 2, len(answer) - 1)),
        ),
        asked=tuple(Span(1, start, end) for start, end in asked),
        sentences=tuple(span for of_block in sentences for span in of_block),
        blocks=tuple(numbers),
    )


def _unmarked(marked: str) -> tuple[str, list[tuple[int, int]]]:
    """Return a text without its angle brackets, and where the words in them stand."""
    text, spans, last = "", [], 0
    for found in _MARKED.finditer(marked):
        text += marked[last : found.start()]
        spans.append((len(text), len(text) + len(found[1])))
        text += found[1]
        last = found.end()
    return text + marked[last:], spans
