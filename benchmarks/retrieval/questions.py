"""The questions: each names a passage of docs/, and asks for it in its own words or in others.

`questions.txt` has, below the path of a document (`#`) and the beginning of a passage (`>`), a
question in the passage's words (`own:`) and one in others (`other:`). The second shares none of the
passage's rarer words: those that at most one paragraph in fifty of docs/ has, stemmed as the index
stems.
`python benchmarks/retrieval/questions.py` checks that, and that each passage is still there.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from features.index.words import words

DOCS = Path(__file__).parents[2] / "docs"
WRITTEN = "8e07e8f148b81b3e47edf51cc7248d611902dde7"
"""The commit of the questions. Which documents answer one was judged for the docs/ of then."""

_QUESTIONS = Path(__file__).with_name("questions.txt")
_SHARE_OF_RARE = 0.02
_LINE = re.compile(r"(#|>|own:|other:) (.+)")


@dataclass(frozen=True)
class Question:
    """A question, and the passage that answers it.

    Attributes:
        document: Path of the document below docs/.
        passage: Beginning of the passage, or a part of it.
        wording: "own" if it may share the passage's words, "other" if not the rarer ones.
        text: The question.
    """

    document: str
    passage: str
    wording: Literal["own", "other"]
    text: str


def read_questions() -> list[Question]:
    """Return the questions that ship with the project."""
    return list(_parse(_QUESTIONS.read_text().splitlines()))


def _parse(lines: list[str]) -> Iterator[Question]:
    document = passage = ""
    for number, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"line {number} of the questions is none of #, >, own:, other:")
        match found[1]:
            case "#":
                document = found[2]
            case ">":
                passage = found[2]
            case "own:":
                yield Question(document, passage, "own", found[2])
            case _:
                yield Question(document, passage, "other", found[2])


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs, items and rows of a Markdown text."""
    return [part for part in re.split(r"\n\s*\n|\n(?=\s*(?:[-*|#]|\d+\.)\s)", text) if part.strip()]


def flaws(questions: list[Question]) -> list[str]:
    """Return what is wrong with the questions: passages that are gone, rarer words in common."""
    texts = {path.relative_to(DOCS).as_posix(): path.read_text() for path in DOCS.rglob("*.md")}
    parts = {name: paragraphs(text) for name, text in texts.items()}
    having = Counter(
        word for found in parts.values() for part in found for word in set(words(part))
    )
    most = _SHARE_OF_RARE * sum(map(len, parts.values()))
    return [flaw for question in questions for flaw in _flaws(question, parts, having, most)]


def _flaws(
    question: Question, parts: Mapping[str, list[str]], having: Counter[str], most: float
) -> Iterator[str]:
    start = " ".join(question.passage.split())
    found = [part for part in parts.get(question.document, ()) if start in " ".join(part.split())]
    if len(found) != 1:
        yield f"{question.document}: {len(found)} paragraphs have {start!r}"
    elif question.wording == "other":
        rare = {word for word in words(found[0]) if having[word] <= most}
        shared = rare & set(words(question.text))
        if shared:
            yield f"{question.document}: {question.text!r} shares {', '.join(sorted(shared))}"


if __name__ == "__main__":
    found = flaws(read_questions())
    print("\n".join(found) or "300 questions, no flaw")
    sys.exit(bool(found))
