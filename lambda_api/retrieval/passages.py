"""Passages that searches found: several rankings as one, neighbours in one piece."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

_K = 60
"""Of reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009."""


@dataclass(frozen=True)
class Passage:
    """A piece of a document that was found.

    Attributes:
        store: Name of the store in the index.
        file_id: Id of the file.
        filename: Name that people know the file by.
        path: Path of the document in its store.
        score: Score of 0 to 1.
        attributes: Attributes of the document.
        context: Title and headings above the piece.
        text: The piece.
        first: Number of its first chunk in the document.
        last: Number of its last chunk.
    """

    store: str
    file_id: str
    filename: str
    path: str
    score: float
    attributes: Mapping[str, Any]
    context: str
    text: str
    first: int
    last: int

    @classmethod
    def of(cls, store: str, told: Mapping[str, Any]) -> Passage:
        """Return the passage of one of the search function's results."""
        same = ("file_id", "filename", "path", "score", "attributes", "context", "text")
        chunk = told["chunk"]
        return cls(store=store, first=chunk, last=chunk, **{name: told[name] for name in same})

    def result(self) -> dict[str, Any]:
        """Return the passage as OpenAI tells results."""
        return {
            "file_id": self.file_id,
            "filename": self.filename,
            "score": self.score,
            "attributes": dict(self.attributes),
            "text": self.text,
        }


def merged(rankings: Sequence[Sequence[Passage]], most: int) -> list[Passage]:
    """Return one ranking of several, by places; of each passage the best score.

    Args:
        rankings: What each search found, the best first.
        most: Most passages to return.
    """
    places: dict[tuple[str, str, int], float] = {}
    best: dict[tuple[str, str, int], Passage] = {}
    for ranking in rankings:
        for rank, passage in enumerate(ranking, 1):
            key = (passage.store, passage.path, passage.first)
            places[key] = places.get(key, 0) + 1 / (_K + rank)
            if key not in best or passage.score > best[key].score:
                best[key] = passage
    # A sort is stable: ties stay as they were found.
    return [best[key] for key in sorted(best, key=lambda key: -places[key])][:most]


def joined(passages: Iterable[Passage]) -> list[Passage]:
    """Return passages with neighbouring chunks in one piece at the place of the best.

    A chunk between two pieces makes one of them, in whatever order the three were found.
    """
    pieces: list[Passage] = []
    for passage in passages:
        grown = passage
        places: list[int] = []
        for place, piece in enumerate(pieces):
            better, worse = (grown, piece) if places else (piece, grown)
            if (both := _joined(better, worse)) is not None:
                grown = both
                places.append(place)
        for place in reversed(places):
            del pieces[place]
        pieces.insert(places[0] if places else len(pieces), grown)
    return pieces


def _joined(one: Passage, other: Passage) -> Passage | None:
    if (one.store, one.path, one.context) != (other.store, other.path, other.context):
        return None
    if one.last + 1 == other.first:
        return replace(one, text=f"{one.text}\n{other.text}", last=other.last)
    if other.last + 1 == one.first:
        return replace(one, text=f"{other.text}\n{one.text}", first=other.first)
    return None
