"""Questions rewritten: one search sentence of a conversation, by the deployed model itself."""

from __future__ import annotations

import json
from collections.abc import Sequence

from lambda_api.chat.schemas import ChatCompletionRequest, Message
from lambda_api.chat.service import ChatService
from lambda_api.errors import EngineError

_INSTRUCTION = (
    "Write the one sentence with which to search documents for an answer to the last message of "
    "this conversation. Name what pronouns stand for. Write that sentence and nothing else."
)
_MOST_TOKENS = 48
_TURNS = 6
_LONGEST = 2000


class ModelRewrite:
    """A rewriter of questions that asks the model.

    Args:
        chat: The service of the model.
    """

    def __init__(self, chat: ChatService) -> None:
        self._chat = chat

    def __call__(self, messages: Sequence[Message]) -> str | None:
        """Return the sentence; None if the model says none.

        Raises:
            ServiceError: The model does not answer.
        """
        said = [
            f"{message.role}: {message.content[:_LONGEST]}"
            for message in messages[-_TURNS:]
            if isinstance(message.content, str) and message.role in {"user", "assistant"}
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
            told = json.loads(self._chat.complete(request).body)
            sentence = str(told["choices"][0]["message"]["content"] or "")
        except (ValueError, LookupError, TypeError):
            raise EngineError("the model's answer could not be read", reason="rewrite") from None
        return sentence.strip() or None
