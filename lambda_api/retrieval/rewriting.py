"""Questions rewritten: one search sentence of a conversation, by the deployed model itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from concurrent.futures import TimeoutError as FutureTimeoutError
from threading import Lock
from time import perf_counter
from typing import Protocol

from lambda_api.chat.schemas import ChatCompletionRequest, Message
from lambda_api.chat.service import ChatService
from lambda_api.errors import EngineError, ServiceError

_INSTRUCTION = (
    "Write the one sentence with which to search documents for an answer to the last message of "
    "this conversation. Name what pronouns stand for. Write that sentence and nothing else."
)
_MOST_TOKENS = 48
_TURNS = 6
_LONGEST = 2000

_log = logging.getLogger(__name__)


class Stop:
    """A sign, given from another thread, that nobody waits for an answer any more."""

    def __init__(self) -> None:
        self._close: Callable[[], None] | None = None
        self._is_given = False
        self._lock = Lock()

    def give(self) -> None:
        """Give the sign: close what is open, or will be."""
        with self._lock:
            self._is_given = True
            close = self._close
        if close:
            close()

    def closes(self, close: Callable[[], None]) -> None:
        """Have something closed by the sign; at once if that was given."""
        with self._lock:
            self._close = close
            is_given = self._is_given
        if is_given:
            close()


class Rewrite(Protocol):
    """The way from a conversation to one search sentence. Blocks."""

    def __call__(self, messages: Sequence[Message], stop: Stop) -> str | None:
        """Return the sentence; None if there is none.

        Raises:
            ServiceError: The model does not answer, or was stopped.
        """


class Rewriting:
    """A sentence in the making, which is begun at once and stopped when its time is over.

    Args:
        threads: Threads to run in.
        rewrite: The way to a sentence.
        messages: The conversation.
        seconds: Longest wait, from now on.
    """

    def __init__(
        self, threads: Executor, rewrite: Rewrite, messages: Sequence[Message], seconds: float
    ) -> None:
        self._ends = perf_counter() + seconds
        self._stop = Stop()
        self._future = threads.submit(rewrite, messages, self._stop)

    def sentence(self) -> str | None:
        """Return the sentence; None if there is none in time."""
        try:
            return self._future.result(max(0, self._ends - perf_counter()))
        except (FutureTimeoutError, ServiceError) as error:
            _log.warning("a question was not rewritten: %s", type(error).__name__)
            return None
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop the model if it still writes: what nobody waits for stands in the answer's way."""
        if not self._future.done():
            self._future.cancel()
            self._stop.give()


class ModelRewrite:
    """A rewriter of questions that asks the model.

    Args:
        chat: The service of the model.
    """

    def __init__(self, chat: ChatService) -> None:
        self._chat = chat

    def __call__(self, messages: Sequence[Message], stop: Stop) -> str | None:
        """Return the sentence; None if the model says none.

        Raises:
            ServiceError: The model does not answer, or was stopped.
        """
        said = [
            f"{message.role}: {text[:_LONGEST]}"
            for message in messages[-_TURNS:]
            if message.role in {"user", "assistant"} and (text := text_of(message))
        ]
        request = ChatCompletionRequest.model_validate(
            {
                "model": self._chat.models.base,
                "messages": [
                    {"role": "system", "content": _INSTRUCTION},
                    {"role": "user", "content": "\n\n".join(said)},
                ],
                "max_tokens": _MOST_TOKENS,
                "temperature": 0.0,
            }
        )
        try:
            told = json.loads(self._chat.complete(request, stop.closes).body)
            sentence = str(told["choices"][0]["message"]["content"] or "")
        except (ValueError, LookupError, TypeError):
            raise EngineError("the model's answer could not be read", reason="rewrite") from None
        return sentence.strip() or None


def text_of(message: Message) -> str:
    """Return the text of a message, without parts that are no text."""
    content = message.content
    if isinstance(content, list):
        content = " ".join(str((part.model_extra or {}).get("text", "")) for part in content)
    return (content or "").strip()
