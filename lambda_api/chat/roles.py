"""The roles of messages, as the chat templates of open models know them.

Decision: docs/decisions/0086-what-of-a-response-is-translated.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol, Self, TypeVar

Role = Literal["system", "developer", "user", "assistant", "tool", "function"]

_RENAMED: dict[Role, Role] = {"developer": "system"}
"""Few templates know `developer`: Qwen's drop such a message without a word, others raise. Those
that do (gpt-oss) take `system` for the same."""


class Said(Protocol):
    """A message, as far as its role matters."""

    @property
    def role(self) -> Role:
        """The role."""

    @property
    def content(self) -> Any:  # noqa: ANN401  text or parts
        """Text, or a list of parts."""

    @property
    def model_extra(self) -> dict[str, Any] | None:
        """Fields besides the role and the content."""

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self:
        """Return a copy with some fields changed."""


AnyMessage = TypeVar("AnyMessage", bound=Said)


def known_role(role: Role) -> Role:
    """Return the role by which every model's template knows a message."""
    return _RENAMED.get(role, role)


def one_instruction(messages: list[AnyMessage]) -> list[AnyMessage]:
    """Return a conversation whose instructions at the beginning are a single message.

    `system` and `developer`, or instructions and `developer`, are two: Qwen 3.6's template raises
    over the second (huggingface.co/Qwen/Qwen3.6-27B/blob/main/chat_template.jinja), Gemma's too.
    """
    first, rest = messages[0], messages[1:]
    while rest and _is_plain(first) and _is_plain(rest[0]) and not rest[0].model_extra:
        both = f"{first.content}\n\n{rest[0].content}"
        first, rest = first.model_copy(update={"content": both}), rest[1:]
    return [first, *rest]


def _is_plain(message: Said) -> bool:
    return message.role == "system" and isinstance(message.content, str)
