"""Entries of docs/glossary.md: a bullet each, the term in bold inside its own definition."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"

_BULLET = re.compile(r"^- (?P<article>A |An |The )?\*\*(?P<term>[^*]+)\*\*.*$", re.MULTILINE)
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
# Letters whose names start with a vowel sound: "an LLM", but "a GQA model".
_VOWEL_SOUNDING = "AEFHILMNORSX"


@dataclass(frozen=True)
class Entry:
    """One term of the glossary.

    Attributes:
        names: The term and its other names, the term first, as they stand in mid-sentence.
        definition: The whole definition as plain text.
        article: "a" for a thing that can be counted, "the" for a single one, "" for the rest.
    """

    names: tuple[str, ...]
    definition: str
    article: str

    def with_article(self, name: str) -> str:
        """Return `name` as a sentence needs it: "an endpoint config", "the KV cache", "TTFT"."""
        return f"{_indefinite(name) if self.article == 'a' else self.article} {name}".strip()

    def plural(self, name: str) -> str:
        """Return the plural of a thing that can be counted, and any other name unchanged."""
        if self.article != "a":
            return name
        return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def read_glossary(path: Path = GLOSSARY) -> tuple[Entry, ...]:
    """Read all entries of a glossary file.

    Raises:
        ValueError: A bullet has no bold term, or a name is defined twice.
    """
    text = path.read_text(encoding="utf-8")
    entries = tuple(_entry(match) for match in _BULLET.finditer(text))
    bullets = sum(line.startswith("- ") for line in text.splitlines())
    if len(entries) != bullets:
        raise ValueError(
            f"{path.name}: {bullets - len(entries)} bullets do not start with a **term**"
        )
    _reject_twins(path, entries)
    return entries


def _entry(match: re.Match[str]) -> Entry:
    article = (match["article"] or "").strip().lower()
    names = tuple(_mid_sentence(name) for name in _BOLD.findall(match[0]))
    return Entry(
        names, match[0].removeprefix("- ").replace("**", ""), "a" if article == "an" else article
    )


def _mid_sentence(name: str) -> str:
    """Lower the capital of a sentence's start: "prefill"; "SageMaker" and "TTFT" stay."""
    return name[0].lower() + name[1:] if name[1:].islower() else name


def _indefinite(name: str) -> str:
    acronym = name[:2].isupper() or not name[1:2].isalpha()
    vowel = name[0] in _VOWEL_SOUNDING if acronym else name[0].lower() in "aeiou"
    return "an" if vowel else "a"


def _reject_twins(path: Path, entries: tuple[Entry, ...]) -> None:
    names = [name.lower() for entry in entries for name in entry.names]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise ValueError(f"{path.name}: defined twice: {', '.join(twins)}")
