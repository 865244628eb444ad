"""Made-up sentences: repeatable, and about nothing that is measured."""

from __future__ import annotations

import random
import re
import tomllib

from model_artifacts.training.quoting import read_held_out
from model_artifacts.training.reading.facts import LEXICON, FactWriter

PIECES = ("ab", "str", "ing", "zo")
ASKED = re.compile(r"<([^<>]*)>")


def writer(seed: int = 1) -> FactWriter:
    return FactWriter(random.Random(seed), PIECES)


def test_same_seed_writes_the_same_facts() -> None:
    first, second = writer(), writer()
    assert [first.fact() for _ in range(50)] == [second.fact() for _ in range(50)]


def test_a_question_asks_with_words_of_its_sentence() -> None:
    one = writer()
    shared = 0
    for _ in range(300):
        fact = one.fact()
        said = fact.sentence.lower()
        shared += any(word.lower() in said for word in ASKED.findall(fact.question))
    # A few forms ask with another verb than they say.
    assert shared > 290


def test_hardly_a_word_that_is_measured_is_a_noun_of_the_lexicon() -> None:
    nouns = set(tomllib.loads(LEXICON.read_text(encoding="utf-8"))["nouns"].split())
    measured = " ".join(
        sentence for document in read_held_out() for sentence in document.block.sentences
    )
    words = re.findall(r"[a-z]+", measured.lower())
    assert len(words) > 700
    assert sum(word in nouns for word in words) < len(words) / 20


def test_every_form_can_be_filled() -> None:
    written = {writer(seed).fact().sentence for seed in range(400)}
    assert not any("{" in sentence or "<" in sentence for sentence in written)
    assert all(sentence[0] == sentence[0].upper() for sentence in written)
