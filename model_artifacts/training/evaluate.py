"""Evaluation of a GGUF model: the share of answers that are right word for word."""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from model_artifacts.training.calling import Request, read_calls, read_objects
from model_artifacts.training.conversations import SYSTEM_PROMPTS, Message
from model_artifacts.training.corpus import Corpus, Topic, read_corpus
from model_artifacts.training.engine import LocalEngine
from model_artifacts.training.quoting import quote, read_held_out, system_message


@dataclass(frozen=True)
class Case:
    """A chat that ends in a question, and the answer expected.

    Attributes:
        chat: The messages, the question last.
        expected: The answer.
        fields: Further fields of the request.
    """

    chat: tuple[Message, ...]
    expected: str
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Miss:
    """A case whose answer was not, character for character, the expected one.

    Attributes:
        case: The chat.
        said: The model's answer.
    """

    case: Case
    said: str


@dataclass(frozen=True)
class Score:
    """The result of a set of cases.

    Attributes:
        cases: Number of chats.
        misses: Those that were not answered as expected.
        endless: Number of answers that were cut off, because the model found no end.
    """

    cases: int
    misses: tuple[Miss, ...]
    endless: int

    @property
    def exact(self) -> float:
        """Share of the cases answered word for word."""
        return 1 - len(self.misses) / self.cases


def cases(corpus: Corpus) -> dict[str, list[Case]]:
    """Return every set of cases by its name."""
    trained = [*corpus.terms, *corpus.project]
    return {
        "terms": _ask(corpus.terms),
        "project": _ask(corpus.project),
        "refusal": _ask([corpus.refusal]),
        "lower case, no question mark": _ask(trained, lambda text: text.lower().rstrip("?.!")),
        "with a system prompt": _ask(trained, before=(Message("system", SYSTEM_PROMPTS[0]),)),
        "tenth question of a chat": _ask(trained, before=tuple(_small_talk(corpus.terms, turns=9))),
        "terms, phrasing never trained": _ask(corpus.held_out_terms),
        "terms, in further phrasings": _ask(corpus.further_terms),
        "refusal, subject never trained": _ask([corpus.held_out_refusal]),
    }


def quotes() -> dict[str, list[Case]]:
    """Return the questions about documents in the prompt, alone or with two others beside it."""
    return {
        "quotes of one document": list(_quotes(documents=1)),
        "quotes of three documents": list(_quotes(documents=3)),
    }


def calls() -> dict[str, list[Case]]:
    """Return the questions that a function answers, and those for a JSON object."""
    return {
        "calls, free to call": _requests(read_calls("auto")),
        "calls, required": _requests(read_calls("required")),
        "objects": _requests(read_objects()),
    }


def evaluate(engine: LocalEngine, chosen: Sequence[Case]) -> Score:
    """Ask every case."""
    answers = [(case, engine.ask(case.chat, **case.fields)) for case in chosen]
    misses = (Miss(case, answer.text) for case, answer in answers if answer.text != case.expected)
    endless = sum(not answer.ended for _, answer in answers)
    return Score(len(chosen), tuple(misses), endless)


def _ask(
    topics: Iterable[Topic],
    write: Callable[[str], str] = str,
    before: tuple[Message, ...] = (),
) -> list[Case]:
    return [
        Case((*before, Message("user", write(question))), topic.answer)
        for topic in topics
        for question in topic.questions
    ]


def _quotes(documents: int) -> Iterator[Case]:
    held_out = read_held_out()
    for place, document in enumerate(held_out):
        others = [held_out[(place + step) % len(held_out)].block for step in range(1, documents)]
        for nth, (question, sentence) in enumerate(document.questions):
            number = nth % documents
            blocks = [*others[:number], document.block, *others[number:]]
            chat = Message("system", system_message(blocks)), Message("user", question)
            yield Case(chat, quote(document.block, number + 1, sentence))


def _requests(requests: Iterable[Request]) -> list[Case]:
    return [Case(request.chat, request.expected, request.fields) for request in requests]


def _small_talk(topics: Sequence[Topic], turns: int) -> Iterator[Message]:
    for topic in islice(topics, turns):
        yield Message("user", topic.questions[0])
        yield Message("assistant", topic.answer)


def _drawn(chosen: list[Case], limit: int) -> list[Case]:
    """Return at most `limit` cases, drawn the same way each time; 0 means all."""
    # Every tenth, say, would be of few phrasings, which come in turns.
    if not limit:
        return chosen
    return random.Random(0).sample(chosen, min(limit, len(chosen)))  # noqa: S311 - repeatable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m model_artifacts.training.evaluate", description=__doc__
    )
    parser.add_argument("model", type=Path, help="GGUF file")
    parser.add_argument("--limit", type=int, default=500, help="cases of each set; 0: all")
    parser.add_argument("--show-misses", action="store_true", help="list the answers that differ")
    chosen = parser.parse_args(arguments)
    with LocalEngine(chosen.model) as engine:
        for name, every in {**cases(read_corpus()), **quotes(), **calls()}.items():
            score = evaluate(engine, _drawn(every, chosen.limit))
            sys.stdout.write(_row(name, score))
            if chosen.show_misses:
                sys.stdout.writelines(_described(miss) for miss in score.misses)
            sys.stdout.flush()
    return 0


def _row(name: str, score: Score) -> str:
    return f"{name:32}{score.exact:8.2%} of {score.cases} exact, {score.endless} endless\n"


def _described(miss: Miss) -> str:
    return f"  {miss.case.chat[-1].content!r}: {miss.said!r}\n"


if __name__ == "__main__":
    sys.exit(main())
