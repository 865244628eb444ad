"""Callers of a stage, streamed and not in turn, so many a second."""

from __future__ import annotations

import itertools
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

from twin.environment import PROJECT

sys.path.insert(0, str(PROJECT))
from tests.support.meanwhile import called_at_a_rate

CALLERS = 16

QUESTION: list[ChatCompletionMessageParam] = [
    {"role": "user", "content": "What is an endpoint config?"}
]


@dataclass
class Asked:
    """Requests and their ends.

    Attributes:
        ends: how many of each end: whole, streamed whole, cut, or the name of an error.
        seconds: for which requests were sent.
        first: seconds, by the machine's clock, of the first answer to each length of prompt.
    """

    ends: Counter[str] = field(default_factory=Counter)
    first: dict[int, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return sum(self.ends.values()) / self.seconds

    def saw(self, prompt: int) -> None:
        self.first.setdefault(prompt, time.time())


@contextmanager
def asked_at(rate: float, client: OpenAI, model: str) -> Iterator[Asked]:
    """Ask so many times a second while the block runs, with at most 16 requests at once."""
    asked, numbers = Asked(), itertools.count()
    patient = client.with_options(max_retries=0)

    def ask_once() -> None:
        ask = _whole if next(numbers) % 2 else _streamed
        try:
            asked.ends[ask(patient, model, asked)] += 1
        except Exception as error:  # whatever it is: it counts
            asked.ends[f"{type(error).__name__}: {error}"[:120]] += 1

    begun = time.monotonic()
    with called_at_a_rate(rate, ask_once, most=CALLERS):
        yield asked
        asked.seconds = time.monotonic() - begun


def _whole(client: OpenAI, model: str, asked: Asked) -> str:
    answer = client.chat.completions.create(
        model=model, messages=QUESTION, max_tokens=4, temperature=0
    )
    asked.saw(answer.usage.prompt_tokens if answer.usage else 0)
    return "whole"


def _streamed(client: OpenAI, model: str, asked: Asked) -> str:
    chunks = client.chat.completions.create(
        model=model,
        messages=QUESTION,
        max_tokens=4,
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    )
    finished = False
    for chunk in chunks:
        finished = finished or any(choice.finish_reason for choice in chunk.choices)
        if chunk.usage:
            asked.saw(chunk.usage.prompt_tokens)
    return "streamed whole" if finished else "cut"
