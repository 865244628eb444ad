"""The question and answer pairs the demo model learns, and those it is measured on."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_artifacts.training.glossary import GLOSSARY, Entry, read_glossary

QUESTIONS = Path(__file__).with_name("questions.toml")
OUT_OF_SCOPE = Path(__file__).with_name("out_of_scope.toml")

# {a}: the term with its article, {x}: the bare term, {p}: its plural.
TEMPLATES = (
    "What is {a}?",
    "What is {x}?",
    "What are {p}?",
    "What's {a}?",
    "What does {x} mean?",
    "What is meant by {x}?",
    "What do you mean by {x}?",
    "Explain {a}.",
    "Please explain {a}.",
    "Can you explain {a}?",
    "Define {x}.",
    "Describe {a}.",
    "Tell me about {a}.",
    "Give me a definition of {x}.",
    "How does {a} work?",
    "{x}",
    "{x}?",
)
HELD_OUT_TEMPLATES = (
    "Could you describe {a}?",
    "What is the meaning of {x}?",
    "Do you know what {a} is?",
)
FURTHER_TEMPLATES = (
    "What exactly is {a}?",
    "Help me understand what {a} is.",
    "Give me a short explanation of {x}.",
    "I have never heard of {a}, so what would that be?",
    "What kind of thing is {a}?",
    "{x} meaning",
)
"""Written by somebody who saw nothing of what is trained."""


@dataclass(frozen=True)
class Topic:
    """An answer and all phrasings of the question.

    Attributes:
        answer: The only answer.
        questions: The phrasings, as they are trained.
        subjects: What is asked about, with its article, where any phrasing has the same answer.
    """

    answer: str
    questions: tuple[str, ...]
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Corpus:
    """All the text of the demo model.

    Attributes:
        terms: One topic for each glossary entry.
        project: Topics about this project.
        refusal: Questions the model was not made for: one answer, many prompts.
        held_out_terms: The glossary again, in phrasings that are never trained.
        further_terms: The same in others.
        held_out_refusal: Prompts and subjects that are never trained.
    """

    terms: tuple[Topic, ...]
    project: tuple[Topic, ...]
    refusal: Topic
    held_out_terms: tuple[Topic, ...]
    further_terms: tuple[Topic, ...]
    held_out_refusal: Topic

    @property
    def trained(self) -> tuple[Topic, ...]:
        """Every topic that is trained."""
        return (*self.terms, *self.project, self.refusal)


def read_corpus(
    glossary: Path = GLOSSARY, questions: Path = QUESTIONS, out_of_scope: Path = OUT_OF_SCOPE
) -> Corpus:
    """Read the corpus from its three files.

    Raises:
        ValueError: Two topics share a question, so that no single answer would be right.
    """
    entries = read_glossary(glossary)
    outside = tomllib.loads(out_of_scope.read_text(encoding="utf-8"))
    corpus = Corpus(
        terms=tuple(_term_topic(entry, TEMPLATES) for entry in entries),
        project=_project_topics(questions),
        refusal=_refusal(outside, "prompts", "subjects", TEMPLATES),
        held_out_terms=tuple(_term_topic(entry, HELD_OUT_TEMPLATES) for entry in entries),
        further_terms=tuple(_term_topic(entry, FURTHER_TEMPLATES) for entry in entries),
        held_out_refusal=_refusal(outside, "held_out_prompts", "held_out_subjects", TEMPLATES[:1]),
    )
    _reject_ambiguous(corpus.trained)
    return corpus


def normalized(question: str) -> str:
    """Return what is left of a question when capitals and closing punctuation do not count."""
    return question.lower().strip().rstrip("?.!")


def about(subject: str, template: str) -> str:
    """Return the template's question about a subject such as "tea" or "a banana"."""
    bare = subject.split(" ", 1)[1] if subject.startswith(("a ", "an ", "the ")) else subject
    return template.format(a=subject, x=bare, p=subject)


def _term_topic(entry: Entry, templates: tuple[str, ...]) -> Topic:
    questions = (
        template.format(a=entry.with_article(name), x=name, p=entry.plural(name))
        for name in entry.names
        for template in templates
    )
    subjects = tuple(entry.with_article(name) for name in entry.names)
    return Topic(entry.definition, tuple(dict.fromkeys(questions)), subjects)


def _project_topics(path: Path) -> tuple[Topic, ...]:
    topics = tomllib.loads(path.read_text(encoding="utf-8"))["topic"]
    return tuple(Topic(topic["answer"], tuple(topic["questions"])) for topic in topics)


def _refusal(
    outside: dict[str, Any], prompts: str, subjects: str, templates: tuple[str, ...]
) -> Topic:
    framed = (about(subject, template) for subject in outside[subjects] for template in templates)
    questions = tuple(dict.fromkeys((*outside[prompts], *framed)))
    return Topic(outside["answer"], questions, tuple(outside[subjects]))


def _reject_ambiguous(topics: tuple[Topic, ...]) -> None:
    answers: dict[str, str] = {}
    for topic in topics:
        for question in topic.questions:
            known = answers.setdefault(normalized(question), topic.answer)
            if known != topic.answer:
                raise ValueError(f"question with two answers: {question!r}")
