"""The questions: each names a passage of docs/, and asks for it in its own words or in others.

`questions.txt` has, below the path of a document (`#`) and the beginning of a passage (`>`), a
question in the passage's words (`own:`) and one in others (`other:`). The second shares none of the
passage's rarer words: those that at most one paragraph in fifty of docs/ has, stemmed as the index
stems.
`judgements.txt` has what was judged of a question's pool (`?`): documents that answer it too (`#`)
with a literal quote (`>`), and the chunks that do not (`no:`). `pool.py` has the rule.
`python benchmarks/retrieval/questions.py` checks all that on the documents of then.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from features.index.chunk_table import IndexedChunk
from features.index.words import words

DOCS = Path(__file__).parents[2] / "docs"
WRITTEN = "8e07e8f148b81b3e47edf51cc7248d611902dde7"
"""The commit of the questions. Which documents answer one was judged for the docs/ of then."""

_QUESTIONS = Path(__file__).with_name("questions.txt")
_JUDGEMENTS = _QUESTIONS.with_name("judgements.txt")
_SHARE_OF_RARE = 0.02


@dataclass(frozen=True)
class Judgement:
    """Verdicts of a reader on the chunks that all methods find first for a question.

    Attributes:
        answers: Documents that answer it, each with a quote.
        refused: Names of the chunks that do not.
    """

    answers: tuple[tuple[str, str], ...] = ()
    refused: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Question:
    """A question, and the passage that answers it.

    Attributes:
        document: Path of the document below docs/.
        passage: Beginning of the passage, or a part of it.
        wording: "own" if it may share the passage's words, "other" if not the rarer ones.
        text: The question.
        judgement: What else answers it, as far as that was judged.
    """

    document: str
    passage: str
    wording: Literal["own", "other"]
    text: str
    judgement: Judgement = Judgement()


@contextmanager
def docs_of(commit: str) -> Iterator[Path]:
    """Give the directory docs/ as it was at a commit."""
    with tempfile.TemporaryDirectory() as directory:
        archive = ["git", "-C", str(DOCS.parent), "archive", commit, "docs"]
        packed = subprocess.run(archive, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", directory], input=packed, check=True)
        yield Path(directory) / "docs"


def name_of(chunk: IndexedChunk) -> str:
    """Return the name of a chunk in the judgements."""
    return f"{chunk.document}#{chunk.number}"


def on_one_line(text: str) -> str:
    """Return a text with each white space as one blank: quotes know no line ends."""
    return " ".join(text.split())


def read_questions() -> list[Question]:
    """Return the questions that ship with the project, each with its judgement."""
    judged = dict(_judgements(_JUDGEMENTS.read_text()))
    found = list(_parse(_QUESTIONS.read_text()))
    if unknown := judged.keys() - {question.text for question in found}:
        raise ValueError(f"judged, and no question: {', '.join(sorted(unknown))}")
    return [replace(one, judgement=judged.get(one.text, Judgement())) for one in found]


def _judgements(text: str) -> Iterator[tuple[str, Judgement]]:
    for block in re.split(r"^(?=\?)", text, flags=re.MULTILINE)[1:]:
        question = document = ""
        answers: list[tuple[str, str]] = []
        refused: list[str] = []
        for mark, told in _marked(block, "judgements", ("?", "#", ">", "no:")):
            match mark:
                case "?":
                    question = told
                case "#":
                    document = told
                case ">":
                    answers.append((document, told))
                case _:
                    refused += told.split()
        yield question, Judgement(tuple(answers), frozenset(refused))


def _parse(text: str) -> Iterator[Question]:
    document = passage = ""
    for mark, told in _marked(text, "questions", ("#", ">", "own:", "other:")):
        match mark:
            case "#":
                document = told
            case ">":
                passage = told
            case "own:":
                yield Question(document, passage, "own", told)
            case _:
                yield Question(document, passage, "other", told)


def _marked(text: str, name: str, marks: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield each line of a file as its mark and the text that follows."""
    for line in text.splitlines():
        mark, _, told = line.partition(" ")
        if mark not in marks or not told:
            raise ValueError(f"{line!r} of the {name} is none of {', '.join(marks)}")
        yield mark, told


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs, items and rows of a Markdown text."""
    return [part for part in re.split(r"\n\s*\n|\n(?=\s*(?:[-*|#]|\d+\.)\s)", text) if part.strip()]


def flaws(questions: list[Question], docs: Path) -> list[str]:
    """Return what is wrong: passages and quotes that are not there, rarer words in common."""
    texts = {path.relative_to(docs).as_posix(): path.read_text() for path in docs.rglob("*.md")}
    parts = {name: paragraphs(text) for name, text in texts.items()}
    having = Counter(
        word for found in parts.values() for part in found for word in set(words(part))
    )
    most = _SHARE_OF_RARE * sum(map(len, parts.values()))
    return [
        *(flaw for question in questions for flaw in _flaws(question, parts, having, most)),
        *(
            f"{document}: nowhere is {quote!r}"
            for question in questions
            for document, quote in question.judgement.answers
            if quote not in on_one_line(texts[document])
        ),
    ]


def _flaws(
    question: Question, parts: Mapping[str, list[str]], having: Counter[str], most: float
) -> Iterator[str]:
    start = on_one_line(question.passage)
    found = [part for part in parts.get(question.document, ()) if start in on_one_line(part)]
    if len(found) != 1:
        yield f"{question.document}: {len(found)} paragraphs have {start!r}"
    elif question.wording == "other":
        rare = {word for word in words(found[0]) if having[word] <= most}
        shared = rare & set(words(question.text))
        if shared:
            yield f"{question.document}: {question.text!r} shares {', '.join(sorted(shared))}"


if __name__ == "__main__":
    with docs_of(WRITTEN) as then:
        found = flaws(read_questions(), then)
    print("\n".join(found) or "300 questions, no flaw")
    sys.exit(bool(found))
