"""An engine inside this process: llama.cpp with a GGUF model."""

from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from model_artifacts.training.conversations import Message

# A demo answer has at most 90 tokens; more means that the model does not find an end.
_MAX_TOKENS = 140


@dataclass(frozen=True)
class Answer:
    """An answer of the model.

    Attributes:
        text: The answer; of calls, each as `name {arguments}`.
        ended: Whether the model ended the text by itself.
    """

    text: str
    ended: bool


class LocalEngine:
    """A llama.cpp engine with a single thread and slot, until the end of a `with` block."""

    def __init__(self, model: Path, context: int = 2048) -> None:
        """Take the model to load and the size of its context in tokens."""
        self._model = model
        self._context = context
        self._server: Any = None

    def __enter__(self) -> Self:
        import xllamacpp

        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(self._model)
        parameters.n_ctx, parameters.n_parallel = self._context, 1
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
        # The wheel always opens its HTTP server too.
        parameters.hostnames, parameters.port = ["127.0.0.1"], 0
        parameters.ui = parameters.fit_params = parameters.warmup = False
        parameters.verbosity = -1
        # xllamacpp takes these signals over and does not give them back.
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        self._server = xllamacpp.Server(parameters)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server = None  # stops with its last reference

    def ask(self, messages: Sequence[Message], **fields: Any) -> Answer:  # noqa: ANN401  JSON
        """Answer a chat at temperature 0.

        Args:
            messages: The chat.
            fields: Further fields of the request, such as `tools`.
        """
        request = self._request(messages) | fields
        (choice,) = self._server.handle_chat_completions(request)["choices"]
        return Answer(_text(choice["message"]), choice["finish_reason"] in ("stop", "tool_calls"))

    def stream(self, messages: Sequence[Message]) -> list[str]:
        """Answer a chat at temperature 0 and return the pieces in which the text was streamed."""
        chunks: list[dict[str, Any]] = []
        self._server.handle_chat_completions(
            self._request(messages) | {"stream": True}, chunks.append
        )
        deltas = (choice["delta"] for chunk in chunks for choice in chunk["choices"])
        return [delta["content"] for delta in deltas if delta.get("content")]

    def _request(self, messages: Sequence[Message]) -> dict[str, Any]:
        return {
            "messages": [asdict(message) for message in messages],
            "temperature": 0,
            "max_tokens": _MAX_TOKENS,
        }


def _text(message: dict[str, Any]) -> str:
    calls = [call["function"] for call in message.get("tool_calls") or ()]
    if not calls:
        return str(message["content"])
    return "\n".join(f"{call['name']} {_arguments(call['arguments'])}" for call in calls)


def _arguments(text: str) -> str:
    """Return a call's arguments with even white space, or unchanged where cut off."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text
