"""Conversations with a deployed stage through the official OpenAI client, timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

from twin.client.bearer_token import bearer_token
from twin.errors import UserError
from twin.outputs import StageOutputs

if TYPE_CHECKING:
    import boto3

_TOKEN_SECONDS: Final = 900
"""Life of a token that serves a single request."""


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
    """Return the official client, pointed at a stage's API.

    Raises:
        UserError: The stage has no API.
    """
    if outputs.api_url is None:
        raise UserError(
            f"{outputs.endpoint_name} has no API: add [api] to its config and deploy it again"
        )
    return OpenAI(base_url=outputs.openai_base_url, api_key=outputs.api_key.get_secret_value())


def connect_to_endpoint(outputs: StageOutputs, session: boto3.Session) -> OpenAI:
    """Return the official client, pointed at a stage's endpoint past the API.

    Each request has a token of its own, made from the session's credentials.

    Raises:
        UserError: The stage has no endpoint.
    """
    if not outputs.endpoint_url:
        raise UserError("the stage is a monolith: there is no endpoint past its API")
    token = partial(bearer_token, session, _TOKEN_SECONDS)
    return OpenAI(base_url=outputs.endpoint_url, api_key=token)


def reach(
    outputs: StageOutputs,
    session: boto3.Session,
    model_id: str | None = None,
    *,
    direct: bool = False,
) -> tuple[OpenAI, str]:
    """Return a client of a stage, and the name by which requests call the model.

    Args:
        outputs: Where the stage answers.
        session: Credentials for the endpoint's own path.
        model_id: The name, where it is known; the API is asked for it otherwise, and a cloud that
            nobody has asked yet starts a function for that.
        direct: True to go past the API; a stage without one is always reached so.
    """
    if direct or outputs.api_url is None:
        # SageMaker goes by the path; vLLM refuses a model that is not its own, and takes none.
        return connect_to_endpoint(outputs, session), ""
    client = connect(outputs)
    return client, model_id or served_model(client)


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
