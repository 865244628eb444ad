"""Conversations with a deployed stage through the official OpenAI client, timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

from twin.outputs import StageOutputs


@dataclass(frozen=True)
class Reply:
    """A streamed answer and its timing.

    Attributes:
        text: The whole answer.
        first_token_seconds: Time to first token, from sending the request to the first text.
        tokens: Completion tokens, as the engine counted them.
        seconds: Time from sending the request to the end of the answer.
    """

    text: str
    first_token_seconds: float
    tokens: int
    seconds: float

    @property
    def tokens_per_second(self) -> float:
        """Decode speed: tokens after the first, over the time after the first."""
        return (self.tokens - 1) / max(self.seconds - self.first_token_seconds, 1e-9)

    def summary(self) -> str:
        """Describe the timing in one line."""
        return (
            f"first token after {self.first_token_seconds * 1000:.0f} ms, "
            f"{self.tokens} tokens at {self.tokens_per_second:.0f} tokens/s"
        )


def connect(outputs: StageOutputs) -> OpenAI:
    """Return the official client, pointed at a stage."""
    return OpenAI(base_url=outputs.openai_base_url, api_key=outputs.api_key.get_secret_value())


def served_model(client: OpenAI) -> str:
    """Return the name of the one model that the stage serves."""
    return client.models.list().data[0].id


def ask(
    client: OpenAI,
    model: str,
    messages: Iterable[ChatCompletionMessageParam],
    on_text: Callable[[str], None],
) -> Reply:
    """Stream one answer, passing each piece of text to `on_text` on arrival.

    Raises:
        openai.OpenAIError: The request was refused, or the stream broke.
    """
    started = time.perf_counter()
    first: float | None = None
    pieces: list[str] = []
    tokens = 0
    with client.chat.completions.create(
        model=model,
        messages=messages,
        stream=True,
        temperature=0,
        stream_options={"include_usage": True},
    ) as chunks:
        for chunk in chunks:
            if chunk.usage:
                tokens = chunk.usage.completion_tokens
            if chunk.choices and (text := chunk.choices[0].delta.content):
                first = first or time.perf_counter() - started
                pieces.append(text)
                on_text(text)
    seconds = time.perf_counter() - started
    return Reply(
        text="".join(pieces),
        first_token_seconds=first or seconds,
        tokens=tokens,
        seconds=seconds,
    )
