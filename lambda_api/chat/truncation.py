"""Conversations cut to the model's context, the oldest turns first.

Only the engine can count tokens, so a conversation is cut when the engine has refused it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import TypeVar

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.errors import ServiceError

OVERFLOW = "context_length_exceeded"
"""The code of the error by which a conversation is too long."""

MOST_CUTS = 8
"""Most cuts of a conversation. Each drops a quarter of the text or more, so that after eight a
tenth is left; an engine counts and refuses within milliseconds."""

_DROPPED = 0.25

Answer = TypeVar("Answer")


def cut_to_fit(
    ask: Callable[[ChatCompletionRequest], Answer], request: ChatCompletionRequest
) -> Answer:
    """Return the answer to a request, without the oldest turns if the conversation is too long.

    Args:
        ask: Asks the engine.
        request: The request.

    Raises:
        ServiceError: The request was refused for another reason, or the last turn alone is too
            long.
    """
    for _ in range(MOST_CUTS):
        try:
            return ask(request)
        except ServiceError as error:
            shorter = cut(request) if error.code == OVERFLOW else None
            if shorter is None:
                raise
            request = shorter
    return ask(request)


def cut(request: ChatCompletionRequest) -> ChatCompletionRequest | None:
    """Return a request without its oldest turns, at least a quarter; None if one turn is left.

    A turn goes from one message of the user to the next, so that no call loses its result.
    Instructions at the beginning stay.
    """
    messages = request.messages
    leading = next((n for n, said in enumerate(messages) if said.role != "system"), 0)
    turns = [n for n, said in enumerate(messages) if said.role == "user" and n > leading]
    if not turns:
        return None
    lengths = [len(message.written()) for message in messages]
    before = list(accumulate(lengths, initial=0))
    least = before[leading] + (before[-1] - before[leading]) * _DROPPED
    begin = next((n for n in turns if before[n] >= least), turns[-1])
    return request.model_copy(update={"messages": messages[:leading] + messages[begin:]})
