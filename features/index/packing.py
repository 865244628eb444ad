"""Segments of the next generation: those without changes stay, the others are packed again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from features.index.chunk_table import ChunkTable
from features.index.generation import Piece, SegmentInfo

MOST_CHUNKS = 2000
"""Chunks of a segment: what a small change rewrites is 3 MB at most."""


@dataclass(frozen=True)
class _Run:
    piece: Piece
    table: ChunkTable


@dataclass(frozen=True)
class NewSegment:
    """A segment to be written: its pieces, and its chunks."""

    pieces: tuple[Piece, ...]
    table: ChunkTable


def repack(
    segments: Sequence[SegmentInfo],
    changed: Mapping[str, ChunkTable],
    read: Callable[[str], ChunkTable],
) -> tuple[list[SegmentInfo], list[NewSegment]]:
    """Return the segments that stay, and those to be written.

    Packed again are those with a changed document, and with them those that are not half full, so
    that deletions leave no trail of small segments.

    Args:
        segments: those of the generation before.
        changed: chunks of each changed document by its id; none for a document that is gone.
        read: function that returns a segment's chunks by its name.
    """
    stay: list[SegmentInfo] = []
    again: list[SegmentInfo] = []
    for segment in segments:
        touched = any(piece.document in changed for piece in segment.pieces)
        (again if touched or segment.chunks < MOST_CHUNKS // 2 else stay).append(segment)
    runs = [run for segment in again for run in _kept(segment, changed, read)]
    runs += [
        _Run(Piece(document, len(table)), table) for document, table in changed.items() if table
    ]
    return stay, [_segment(group) for group in _grouped(runs)]


def _kept(
    segment: SegmentInfo, changed: Mapping[str, ChunkTable], read: Callable[[str], ChunkTable]
) -> Iterable[_Run]:
    if all(piece.document in changed for piece in segment.pieces):
        return
    table, start = read(segment.name), 0
    for piece in segment.pieces:
        stop = start + piece.chunks
        if piece.document not in changed:
            yield _Run(piece, table.rows(start, stop))
        start = stop


def _grouped(runs: Iterable[_Run]) -> Iterable[list[_Run]]:
    """Yield runs that fill a segment together; a long one is cut."""
    group: list[_Run] = []
    free = MOST_CHUNKS
    for run in runs:
        start = 0
        while start < run.piece.chunks:
            stop = min(run.piece.chunks, start + free)
            piece = Piece(run.piece.document, stop - start)
            group.append(_Run(piece, run.table.rows(start, stop)))
            start, free = stop, free - piece.chunks
            if not free:
                yield group
                group, free = [], MOST_CHUNKS
    if group:
        yield group


def _segment(group: Sequence[_Run]) -> NewSegment:
    return NewSegment(
        tuple(run.piece for run in group), ChunkTable.joined([run.table for run in group])
    )
