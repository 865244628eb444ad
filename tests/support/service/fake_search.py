"""A search function that answers as it is told, and notes what it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

AS_OF = "2026-11-30T01:00:00+00:00"


def result(text: str, file: str = "a.md", chunk: int = 0, score: float = 0.5) -> dict[str, Any]:
    """A chunk as the function returns it."""
    return {
        "file_id": f"file-{file}",
        "filename": file,
        "path": file,
        "score": score,
        "attributes": {"language": "en"},
        "context": "Hours",
        "text": text,
        "chunk": chunk,
    }


def answer(*results: dict[str, Any], query: str = "asked") -> dict[str, Any]:
    return {"results": [*results], "queries": [query], "as_of": AS_OF, "generation": "g"}


def error(code: str, message: str = "no", param: str | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "param": param}}


@dataclass
class FakeSearch:
    """The function; an answer that is an exception is raised, several are given in turn."""

    answers: list[dict[str, Any] | Exception] = field(default_factory=lambda: [answer()])
    events: list[Mapping[str, Any]] = field(default_factory=list)

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        self.events.append(event)
        told = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(told, Exception):
            raise told
        return told
