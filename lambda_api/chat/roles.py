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


_HINTS = frozenset({"name", "cache_control", "annotations"})
"""Fields beside a text that reach no model: what templates render of an instruction is its text."""


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
    while rest and _said_further(rest[0].model_extra or {}) <= _HINTS:
        told, more = _instruction(first), _instruction(rest[0])
        if told is None or more is None:
            break
        first, rest = first.model_copy(update={"content": f"{told}\n\n{more}"}), rest[1:]
    return [first, *rest]


def _instruction(message: Said) -> str | None:
    """Return the text of an instruction; None for another message, or with other parts than text.

    vLLM joins parts with a line end, too. What is said beside a text is not in its prompt either.
    """
    content: str | list[Any] | None = message.content if message.role == "system" else None
    if not isinstance(content, list):
        return content
    parts = [part.plain() for part in content]
    if any(_said_further(part) - _HINTS != {"type", "text"} for part in parts):
        return None
    return "\n".join(part["text"] for part in parts)


def _said_further(fields: Mapping[str, Any]) -> set[str]:
    """Return the names of fields that say something."""
    return {name for name, value in fields.items() if value is not None}
