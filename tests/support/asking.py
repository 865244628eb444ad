"""Callers who go on asking while something else happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from openai import OpenAI

from tests.support.meanwhile import called_at_a_rate, meanwhile
from twin.client.conversation import ask

QUESTION = [{"role": "user", "content": "What is an endpoint config?"}]


@contextmanager
def asking_all_the_time(client: OpenAI, model: str) -> Iterator[list[str | Exception]]:
    """Ask again and again while the block runs; gives what came back."""
    answers: list[str | Exception] = []

    def go_on(done: threading.Event) -> None:
        while not done.is_set():
            _note(answers, lambda: ask(client, model, QUESTION, lambda _: None).text)

    with meanwhile(go_on):
        yield answers


@contextmanager
def asking_at_a_rate(client: OpenAI, model: str, rate: float) -> Iterator[list[str | Exception]]:
    """Ask `rate` times a second while the block runs, however long answers take."""
    answers: list[str | Exception] = []

    def ask_once() -> str:
        told = client.chat.completions.create(
            model=model, messages=QUESTION, max_tokens=4, temperature=0
        )
        return told.choices[0].message.content or ""

    with called_at_a_rate(rate, lambda: _note(answers, ask_once)):
        yield answers


def _note(answers: list[str | Exception], ask_once: Callable[[], str]) -> None:
    try:
        answers.append(ask_once())
    except Exception as error:
        answers.append(error)
