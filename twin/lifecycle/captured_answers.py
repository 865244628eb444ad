"""Captured answers of two variants, paired by the id of the request that both got."""

from __future__ import annotations

import base64
import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final

LEAST_PAIRS: Final = 100
"""Fewer pairs say little: of 100 equal ones, 3% may differ still (the rule of three)."""

Answers = Mapping[str, str]
"""The text of each answer, by the id of its request."""


@dataclass(frozen=True)
class Agreement:
    """Pairs of answers, compared.

    Attributes:
        pairs: requests that both variants answered.
        serving_characters: mean length of the answers that clients got.
        shadow_characters: mean length of the others.
        equal: share of pairs whose texts are the same.
        equal_normalised: share of those that are the same but for case and blanks.
    """

    pairs: int
    serving_characters: float
    shadow_characters: float
    equal: float
    equal_normalised: float

    @classmethod
    def of(cls, serving: Answers, shadow: Answers) -> Agreement:
        """Compare the answers to requests that both variants got."""
        both = [(serving[key], shadow[key]) for key in serving.keys() & shadow.keys()]
        if not both:
            return cls(0, 0.0, 0.0, 0.0, 0.0)
        return cls(
            len(both),
            fmean(len(left) for left, _ in both),
            fmean(len(right) for _, right in both),
            fmean(left == right for left, right in both),
            fmean(normalised(left) == normalised(right) for left, right in both),
        )


def captured_answers(lines: Iterable[bytes]) -> dict[str, str]:
    """Read lines of SageMaker's capture; those without an id, or of no completion, are left out."""
    found = {}
    for line in lines:
        document = json.loads(line)
        key = document["eventMetadata"].get("inferenceId")
        output = document["captureData"].get("endpointOutput")
        if key is None or output is None:
            continue
        try:
            found[key] = answer_text(_content(output))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def normalised(text: str) -> str:
    """Return a text without what no reader sees: case, and the kind and number of blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def answer_text(content: bytes) -> str:
    """Return the text of a completion, whole or streamed, with the functions that it calls.

    Raises:
        ValueError, KeyError, TypeError: It is none.
    """
    text = content.decode()
    if not text.lstrip().startswith("data:"):
        return "".join(_said(choice) for choice in json.loads(text)["choices"])
    said: defaultdict[int, str] = defaultdict(str)
    for line in text.splitlines():
        if line.startswith("data: {"):
            for choice in json.loads(line.removeprefix("data: "))["choices"]:
                said[choice["index"]] += _said(choice)
    return "".join(said[index] for index in sorted(said))


def _said(choice: Mapping[str, Any]) -> str:
    message = choice.get("message") or choice.get("delta") or {}
    return "".join([choice.get("text") or "", message.get("content") or "", *_called(message)])


def _called(message: Mapping[str, Any]) -> Iterator[str]:
    for call in message.get("tool_calls") or []:
        function = call.get("function", {})
        yield function.get("name") or ""
        yield function.get("arguments") or ""


def _content(side: Mapping[str, str]) -> bytes:
    if side["encoding"] == "BASE64":
        return base64.b64decode(side["data"])
    return side["data"].encode()
