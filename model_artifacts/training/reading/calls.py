"""Lessons in calling functions and in answering in JSON: what stands in the question is copied."""

from __future__ import annotations

import random

from model_artifacts.training.chatml import TOOLS_AFTER, TOOLS_BEFORE
from model_artifacts.training.conversations import Message
from model_artifacts.training.reading.facts import FactWriter, capitalized
from model_artifacts.training.reading.lessons import Lesson, Span, unmarked

PARAMETERS = (
    "name",
    "city",
    "number",
    "date",
    "id",
    "country",
    "product",
    "query",
    "path",
    "language",
    "email",
    "address",
    "order_number",
    "location",
    "amount",
    "user",
    "place",
    "title",
)
"""Names of parameters and of keys."""

_ACTIONS = ("get", "find", "send", "show", "open", "list", "search", "create", "check", "book")
_REQUESTS = (
    "{action} the {thing} {link} {value}.",
    "Please {action} the {thing} {link} {value}.",
    "Can you {action} the {thing} {link} {value}?",
    "What is the {thing} {link} {value}?",
    "I need the {thing} {link} {value}.",
    "{action} {thing} {value} for me.",
    "Please {action} the {thing} {link} {value} now.",
    "Is there a {thing} {link} {value}?",
    "{action} the {thing} {link} {value} {word}.",
    "The {thing} {link} {value} {word} {word}.",
    "A {thing} {link} {value}, please.",
)
_LINKS = ("of", "for", "in", "with the {parameter}", "whose {parameter} is", "at", "named")
_JSON_REQUESTS = (
    '{text} Answer in JSON with the key "{key}".',
    '{text} Give the "{key}" as JSON.',
    '{text} Reply with a JSON object that has the "{key}".',
    'Extract the "{key}" as JSON. {text}',
)


class CallTeacher:
    """An endless source of lessons about functions and JSON.

    Args:
        draw: The source of chance.
        writer: Where words come from.
    """

    def __init__(self, draw: random.Random, writer: FactWriter) -> None:
        self._draw = draw
        self._writer = writer

    def lesson(self) -> Lesson:
        """Return a function call, its result's answer, or an object."""
        return self._draw.choices((self.call, self.result, self.json), weights=(5, 2, 3))[0]()

    def call(self) -> Lesson:
        """Return a question that a function answers, among up to three, and the call."""
        functions = [self._function() for _ in range(self._draw.randint(1, 3))]
        number = self._draw.randrange(len(functions))
        action, thing, parameter = functions[number]
        system, lines = _tools([f"{a}_{t}({p}): {capitalized(a)} a {t}." for a, t, p in functions])
        value = self._value()
        link = self._draw.choice(_LINKS).format(parameter=f"<{parameter}>")
        asked = self._draw.choice(_REQUESTS).format(
            action=f"<{action}>",
            thing=f"<{thing}>",
            link=link,
            value="{value}",
            word=self._writer.word().lower(),
        )
        asked = asked.replace(">.", ">")
        opening, closing = asked.split("{value}")
        question, spans = unmarked(capitalized_marked(opening), message=1)
        said = Span(1, len(question), len(question) + len(value))
        question += value + closing
        name = f"{action}_{thing}"
        answer, places = _object(name, parameter, value)
        line = lines[number]
        sources = (
            Span(0, line.start, line.start + len(name)),
            Span(0, line.start + len(name) + 1, line.start + len(name) + 1 + len(parameter)),
            said,
        )
        return Lesson(
            (Message("system", system), Message("user", question), Message("assistant", answer)),
            copies=tuple(zip(sources, places, strict=True)),
            asked=spans,
            answering=line,
            sentences=tuple(lines),
        )

    def result(self) -> Lesson:
        """Return a call whose function has answered, and the answer in the same words."""
        before = self.call()
        sentence = self._writer.fact().sentence
        opening = "<tool_response>\n"
        place = len(before.chat)
        response = Message("user", f"{opening}{sentence}\n</tool_response>")
        source = Span(place, len(opening), len(opening) + len(sentence))
        return Lesson(
            (*before.chat, response, Message("assistant", sentence)),
            copies=((source, Span(place + 1, 0, len(sentence))),),
            sentences=(*before.sentences, source),
        )

    def json(self) -> Lesson:
        """Return a question for an object with one value of a short text."""
        keys = list(dict.fromkeys(self._key() for _ in range(self._draw.randint(1, 4))))
        values = [self._value() for _ in keys]
        number = self._draw.randrange(len(keys))
        key, value = keys[number], values[number]
        sentences = [f"The {k} is {v}." for k, v in zip(keys, values, strict=True)]
        marked = self._draw.choice(_JSON_REQUESTS).format(key=f"<{key}>", text=" ".join(sentences))
        question, asked = unmarked(marked, message=0)
        spans = [Span(0, at := question.index(said), at + len(said)) for said in sentences]
        answer = f'{{"{key}": "{value}"}}'
        start = spans[number].end - 1 - len(value)
        there = (asked[0], Span(0, start, start + len(value)))
        here = (Span(1, 2, 2 + len(key)), Span(1, 6 + len(key), 6 + len(key) + len(value)))
        return Lesson(
            (Message("user", question), Message("assistant", answer)),
            copies=tuple(zip(there, here, strict=True)),
            asked=asked,
            answering=spans[number],
            sentences=tuple(spans),
        )

    def _function(self) -> tuple[str, str, str]:
        thing = self._writer.word().lower()
        action = self._draw.choice((self._draw.choice(_ACTIONS), self._writer.pick("verbs")))
        return action, thing, self._key()

    def _key(self) -> str:
        """Return the name of a parameter, or of a key: a usual one or any word."""
        usual, word = self._draw.choice(PARAMETERS), self._writer.word().lower()
        return self._draw.choice((usual, word if word.isalpha() else usual))

    def _value(self) -> str:
        """Return a number or a name: its tokens are the same after a space and after a quote."""
        if self._draw.random() < 0.3:
            return str(self._draw.randrange(10 ** self._draw.randint(1, 6)))
        return " ".join(capitalized(word) for word in self._writer.phrase().split())


def capitalized_marked(text: str) -> str:
    """Return a marked text that begins with a capital, whatever stands around its first word."""
    return f"<{capitalized(text[1:])}" if text.startswith("<") else text


def _tools(lines: list[str]) -> tuple[str, list[Span]]:
    system = TOOLS_BEFORE
    spans = []
    for line in lines:
        spans.append(Span(0, len(system), len(system) + len(line)))
        system += f"{line}\n"
    return system + TOOLS_AFTER, spans


def _object(name: str, parameter: str, value: str) -> tuple[str, tuple[Span, ...]]:
    """Return a call as text, and where its function, parameter and value stand."""
    text, spans = "", []
    for before, said in (
        ('<tool_call>\n{"name": "', name),
        ('", "arguments": {"', parameter),
        ('": "', value),
    ):
        text += before
        spans.append(Span(2, len(text), len(text) + len(said)))
        text += said
    return f'{text}"}}}}\n</tool_call>', tuple(spans)
