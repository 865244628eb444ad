"""The size of a pattern with its repetitions written out, and what it takes to find it."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest

from lambda_api.admission import bounds
from lambda_api.admission.pattern import PatternError, measured


class CountedText(str):
    """A text that counts the characters read from it."""

    reads = 0

    def __getitem__(self, key):
        found = super().__getitem__(key)
        self.reads += len(found) or 1
        return found

    def find(self, wanted, start=0, *rest):
        found = super().find(wanted, start, *rest)
        self.reads += (len(self) if found < 0 else found) - start
        return found


@pytest.mark.parametrize(
    ("pattern", "size"),
    [
        ("", 0),
        ("abc", 3),
        ("^a$", 3),
        ("a|bc|", 3),
        ("a*b+c?", 3),
        ("a*?b+?c??", 3),
        ("a{3}", 3),
        ("a{2,5}", 5),
        ("a{2,}", 2),
        ("a{0}", 1),
        ("(ab){3}", 6),
        ("(?:a{2}b){3}", 9),
        ("((a{1,10}){1,10}){1,10}", 1000),
        ("[a-z0-9_]{8}", 8),
        (r"[\]a]{2}", 2),
        (r"\d{3}-\d{4}", 8),
        (r"\u00e4\x41\p{L}+\P{Lu}", 4),
        (r"\p{L}{4}", 4),
        (r"\bword\b", 6),
        ("a{b}", 4),
        ("a{", 2),
        ("a{,3}", 3),
        ("(?=.*[A-Z])(?!x).{8}", 2 + 1 + 8),
        ("(?P<year>[0-9]{4})", 4),
        ("(?<year>[0-9]{4})", 4),
        (r"^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]{2,24})+$", 2 + 1 + 2 + 25),
        ("^((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.|$)){4}$", 2 + 4 * (3 + 3 + 3 + 2)),
    ],
)
def test_repetitions_are_written_out(pattern, size):
    assert measured(pattern).atoms == size


@pytest.mark.parametrize(
    ("pattern", "steps"),
    [
        ("abc", 2),
        ("a|b", 0),
        ("[ab]*c", 2),
        ("(ab|c)+", 1 + 4),
        ("a{1,5}", 4),
        ("a{5,}", 5),
        ("a?b?c?", 3),
        ("(a|b){2}(c|d)", 4 + 4),
        ("^a$", 0),
        ("(?=xy)ab", 1 + 1),
        ("((a{1,10}){1,10}){1,10}", 900 + 900 + 900),
    ],
)
def test_ways_from_one_character_to_the_next_are_counted(pattern, steps):
    assert measured(pattern).steps == steps


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("((a{0,1000}){0,1000}){0,1000}", "can match nothing"),
        ("((a{1,1000}){1,1000}){1,1000}", "over 2000"),
        ("a{2001}", "over 2000"),
        ("a{2001,}", "over 2000"),
        ("a{0,9999999}", "over 2000"),
        ("a{" + "9" * 1000 + "}", "over 2000"),
        ("(a*)*", "can match nothing"),
        ("(a?|b)+", "can match nothing"),
        ("(|a)*", "can match nothing"),
        ("()*", "can match nothing"),
        ("a?" * 90, "over 3000 ways"),
        (f"({'|'.join(['ab'] * 90)})+", "over 3000 ways"),
        ("(a{1,20}){1,60}(b{1,20}){1,60}", "over 2000"),
        ("((a*)(b*))*", "can match nothing"),
        ("(^)*", "can match nothing"),
        (r"\b*", "can match nothing"),
        ("(?=a)*", "can match nothing"),
        ("(?=a+){5}", "can match nothing"),
        ("*a", "repeats nothing"),
        ("a**", "repeats nothing"),
        ("a{2}{3}", "repeats nothing"),
        ("(|*)", "repeats nothing"),
        ("a{3,2}", "no range"),
        ("(a", "group open"),
        ("a)", "not open"),
        ("[a", "class open"),
        ("[a\\", "class open"),
        ("a\\", "backslash"),
        (r"(a)\1", "refers back"),
        (r"(?<x>a)\k<x>", "refers back"),
        (r"\p{L", "brace open"),
        ("(?#x)", "unknown kind"),
        ("(?i)a", "unknown kind"),
        ("(" * 17 + "a" + ")" * 17, "deeper than 16"),
        ("a" * 1025, "1025 characters"),
    ],
)
def test_what_has_no_bound_is_refused(pattern, problem):
    with pytest.raises(PatternError, match=problem):
        measured(pattern)


@dataclass
class Drawn:
    """A pattern drawn at random, with every character of it and every way written out."""

    text: str
    atoms: int
    first: list[int]
    last: list[int]
    steps: int
    is_empty: bool


def joined(text: str, parts: list[Drawn]) -> Drawn:
    """Parts one after another: from each end to each beginning, over what may be empty."""
    steps = sum(part.steps for part in parts)
    ends: list[int] = []
    first: list[int] = []
    may_begin = True
    for part in parts:
        steps += len(ends) * len(part.first)
        first += part.first if may_begin else []
        may_begin = may_begin and part.is_empty
        ends = (ends if part.is_empty else []) + part.last
    atoms = sum(part.atoms for part in parts)
    return Drawn(text, atoms, first, ends, steps, may_begin)


def drawn(rng: random.Random, depth: int) -> Drawn:
    """Draw a pattern of alternatives of atoms with quantifiers."""
    choices = [sequence(rng, depth) for _ in range(rng.choice([1, 1, 2, 3]))]
    return Drawn(
        "|".join(choice.text for choice in choices),
        sum(choice.atoms for choice in choices),
        [place for choice in choices for place in choice.first],
        [place for choice in choices for place in choice.last],
        sum(choice.steps for choice in choices),
        any(choice.is_empty for choice in choices),
    )


def sequence(rng: random.Random, depth: int) -> Drawn:
    parts = [quantified(rng, atom(rng, depth)) for _ in range(rng.randint(1, 3))]
    return joined("".join(part.text for part in parts), parts)


def atom(rng: random.Random, depth: int) -> Drawn:
    if depth and rng.random() < 0.5:
        inner = drawn(rng, depth - 1)
        return replace(inner, text=f"{rng.choice(['(', '(?:'])}{inner.text})")
    text = rng.choice(["a", "é", ".", r"\d", r"\(", "[^a-z(*]", r"[\]|{]", r"\p{L}"])
    return Drawn(text, 1, [1], [1], 0, False)


def quantified(rng: random.Random, given: Drawn) -> Drawn:
    """Draw a quantifier, and write its copies out: those beyond the least may be left out."""
    least, most = sorted((rng.randint(0, 3), rng.randint(1, 4)))
    text, least, most = rng.choice(
        [
            ("", 1, 1),
            ("?", 0, 1),
            ("*", 0, None),
            ("+?", 1, None),
            (f"{{{least},{most}}}", least, most),
            (f"{{{most}}}", most, most),
        ]
    )
    if given.is_empty and (most is None or most > 1):
        return given
    copies = max(least if most is None else most, 1)
    # Copies that may be left out nest, `x(x(x)?)?`: a way leads from each to the next only.
    chain = joined("", [given] * copies)
    optional = [] if most is None else [given.last] * (copies - max(least, 1))
    return replace(
        chain,
        text=given.text + text,
        last=[*chain.last, *(place for ends in optional for place in ends)],
        steps=chain.steps + (len(given.last) * len(given.first) if most is None else 0),
        is_empty=given.is_empty or least == 0,
    )


def test_a_thousand_drawn_patterns_have_the_size_they_were_drawn_with():
    rng = random.Random(9)
    seen = 0
    while seen < 1000:
        pattern = drawn(rng, 4)
        if (
            pattern.atoms > bounds.PATTERN_ATOMS
            or pattern.steps > bounds.PATTERN_STEPS
            or len(pattern.text) > bounds.PATTERN
        ):
            continue
        seen += 1
        found = measured(pattern.text)
        expected = (pattern.atoms, pattern.steps, len(pattern.first), len(pattern.last))
        assert (found.atoms, found.steps, found.first, found.last) == expected, pattern.text


def test_no_text_is_read_more_than_a_few_times():
    rng = random.Random(9)
    pieces = ["(", ")", "(?:", "(?<", "[", "]", "{", "}", "{1,", "{0,9}", "*", "+", "?", "|", "\\"]
    pieces += ["\\p{", "a", "^", "$", "9", "é", "(a*)*", "{,}", "(?=", "\\1"]
    for _ in range(5000):
        text = CountedText("".join(rng.choices(pieces, k=rng.randint(0, 400)))[: bounds.PATTERN])
        with suppress(PatternError):
            measured(text)
        assert text.reads <= 10 * len(text)


@pytest.mark.parametrize("piece", ["a{", "\\p{L}", "[a]", "{1,", "(?:a)", "a?", "a|", "(", "[["])
def test_the_longest_texts_are_read_as_often_as_short_ones(piece):
    text = CountedText((piece * bounds.PATTERN)[: bounds.PATTERN])
    with suppress(PatternError):
        measured(text)
    assert text.reads <= 10 * len(text)
