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
LATE_TEMPLATES = (
    "Could you explain {a}?",
    "Can you describe {a}?",
    "What is the definition of {x}?",
    "Do you know {x}?",
    "Can you tell me what {a} is?",
    "Could you tell me about {a}?",
    "I want to know what {a} is.",
)
"""Further phrasings, of the last round alone."""

HELD_OUT_TEMPLATES = (
    "Could you describe {a}?",
    "What is the meaning of {x}?",
    "Do you know what {a} is?",
)


@dataclass(frozen=True)
class Topic:
    """An answer and all phrasings of the question.

    Attributes:
        answer: The only answer.
        questions: The phrasings, as they are trained.
    """

    answer: str
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Corpus:
    """All the text of the demo model.

    Attributes:
        terms: One topic for each glossary entry.
        project: Topics about this project.
        refusal: Questions the model was not made for: one answer, many prompts.
        held_out_terms: The glossary again, in phrasings that are never trained.
        held_out_refusal: Prompts and subjects that are never trained.
    """

    terms: tuple[Topic, ...]
    project: tuple[Topic, ...]
    refusal: Topic
    held_out_terms: tuple[Topic, ...]
    held_out_refusal: Topic

    @property
    def trained(self) -> tuple[Topic, ...]:
        """Every topic that is trained."""
        return (*self.terms, *self.project, self.refusal)


def read_corpus(
    glossary: Path = GLOSSARY,
    questions: Path = QUESTIONS,
    out_of_scope: Path = OUT_OF_SCOPE,
    *,
    late: bool = False,
) -> Corpus:
    """Read the corpus from its three files.

    Args:
        glossary: The terms and their definitions.
        questions: Questions about the project, and their answers.
        out_of_scope: Questions and subjects that are refused.
        late: Whether the phrasings of the last round are among the trained ones.

    Raises:
        ValueError: Two topics share a question, so that no single answer would be right.
    """
    entries = read_glossary(glossary)
    outside = tomllib.loads(out_of_scope.read_text(encoding="utf-8"))
    templates = (*TEMPLATES, *LATE_TEMPLATES) if late else TEMPLATES
    corpus = Corpus(
        terms=tuple(_term_topic(entry, templates) for entry in entries),
        project=_project_topics(questions),
        refusal=_refusal(outside, "prompts", "subjects", templates),
        held_out_terms=tuple(_term_topic(entry, HELD_OUT_TEMPLATES) for entry in entries),
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
    return Topic(entry.definition, tuple(dict.fromkeys(questions)))


def _project_topics(path: Path) -> tuple[Topic, ...]:
    topics = tomllib.loads(path.read_text(encoding="utf-8"))["topic"]
    return tuple(Topic(topic["answer"], tuple(topic["questions"])) for topic in topics)


def _refusal(
    outside: dict[str, Any], prompts: str, subjects: str, templates: tuple[str, ...]
) -> Topic:
    framed = (about(subject, template) for subject in outside[subjects] for template in templates)
    return Topic(outside["answer"], tuple(dict.fromkeys((*outside[prompts], *framed))))


def _reject_ambiguous(topics: tuple[Topic, ...]) -> None:
    answers: dict[str, str] = {}
    for topic in topics:
        for question in topic.questions:
            known = answers.setdefault(normalized(question), topic.answer)
            if known != topic.answer:
                raise ValueError(f"question with two answers: {question!r}")
