"""The roles of messages, as the chat templates of open models know them.

Decision: docs/decisions/0086-what-of-a-response-is-translated.md.
"""

from __future__ import annotations

from typing import Literal

Role = Literal["system", "developer", "user", "assistant", "tool", "function"]

_RENAMED: dict[Role, Role] = {"developer": "system"}
"""Few templates know `developer`: Qwen's drop such a message without a word, Mistral's and Gemma's
raise. Those that do (gpt-oss) take `system` for the same."""


def known_role(role: Role) -> Role:
    """Return the role by which every model's template knows a message."""
    return _RENAMED.get(role, role)
