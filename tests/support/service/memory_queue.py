"""A message queue in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from lambda_api.errors import ServiceError
from lambda_api.webhooks.message_queue import Message


@dataclass
class MemoryQueue:
    sent: list[tuple[str, int]] = field(default_factory=list)
    postponed: dict[str, int] = field(default_factory=dict)
    refusal: ServiceError | None = None

    def send(self, body: str, delay_seconds: int = 0) -> None:
        if self.refusal:
            raise self.refusal
        self.sent.append((body, delay_seconds))

    def postpone(self, message: Message, seconds: int) -> None:
        if self.refusal:
            raise self.refusal
        self.postponed[message.receipt] = seconds
