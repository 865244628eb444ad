"""Shards: a batch's requests in files that instances share, and the answers so far.

A file is named after its first request and how many follow: `000201-200.jsonl` holds requests 201
to 400. So a listing tells a job's progress, and the requests it left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lambda_api.storage.object_store import ObjectInfo, ObjectStore

_NAME = re.compile(r"(?P<first>\d{6})-(?P<count>\d+)\.jsonl(\.out)?")
_CALLS_AT_ONCE = 16
_MOST_SHARD_BYTES = 32 * 1024 * 1024
"""Largest shard: each is kept in memory while written and joined."""


@dataclass(frozen=True, order=True)
class Shard:
    """A run of requests; `first` counts from 1."""

    first: int
    count: int

    @property
    def name(self) -> str:
        """The name of the shard's file."""
        return f"{self.first:06}-{self.count}.jsonl"

    def singles(self) -> list[Shard]:
        """Return each request as a shard of its own."""
        return [Shard(self.first + offset, 1) for offset in range(self.count)]

    @classmethod
    def all_in(cls, files: Iterable[ObjectInfo]) -> Iterator[Shard]:
        """Yield the shards whose files, or answers, were listed."""
        names = (_NAME.fullmatch(file.key.rpartition("/")[2]) for file in files)
        return (cls(int(name["first"]), int(name["count"])) for name in names if name)


@dataclass(frozen=True)
class Shards:
    """The files of a batch. Each round is a transform job with an input of its own.

    Attributes:
        store: The bucket.
        folder: The batch's folder in it, such as `batches/<owner>/<id>`.
    """

    store: ObjectStore
    folder: str

    def write(self, number: int, jobs: Iterable[bytes], lines_per_shard: int) -> int:
        """Write a round's input.

        Files that an earlier attempt left are deleted: the job would read them.

        Returns:
            The number of files.
        """
        written = set()
        for first, lines in _cut(jobs, lines_per_shard):
            shard = Shard(first, len(lines))
            self.store.put(self.input_key(number, shard), b"".join(lines), "application/jsonl")
            written.add(shard)
        self._delete_all_but(number, written)
        return len(written)

    def write_again(self, number: int, shard: Shard) -> int:
        """Write each line of a first-round shard as a file of its own; return how many."""

        def write(alone: Shard, line: bytes) -> None:
            self.store.put(self.input_key(number, alone), line + b"\n", "application/jsonl")

        with ThreadPoolExecutor(_CALLS_AT_ONCE) as calls:
            return len(list(calls.map(write, shard.singles(), self.lines(1, shard))))

    def clear(self) -> None:
        """Delete all requests and answers."""
        for kind in ("input", "output"):
            self.store.delete_below(f"{self.folder}/{kind}/")

    def of(self, number: int) -> list[Shard]:
        """Return the shards of a round's input, in the order of requests."""
        return list(Shard.all_in(self.store.list(self.input_key(number))))

    def answered(self, number: int) -> set[Shard]:
        """Return the shards of a round that were answered."""
        return set(Shard.all_in(self.store.list(self.output_key(number))))

    def answered_requests(self) -> int:
        """Return the number of answers in all rounds: no round repeats an answered request."""
        listed = self.store.list(f"{self.folder}/output/")
        return sum(shard.count for shard in Shard.all_in(listed))

    def lines(self, number: int, shard: Shard) -> list[bytes]:
        """Return the lines of a shard's input."""
        return self._lines(self.input_key(number, shard))

    def answers(self, number: int, shard: Shard) -> list[bytes]:
        """Return the lines of a shard's answers."""
        return self._lines(f"{self.output_key(number, shard)}.out")

    def answers_of_all(self, number: int, shards: Iterable[Shard]) -> list[bytes]:
        """Return the lines of several small shards' answers."""
        with ThreadPoolExecutor(_CALLS_AT_ONCE) as calls:
            answers = calls.map(lambda shard: self.answers(number, shard), shards)
            return [line for lines in answers for line in lines]

    def input_key(self, number: int, shard: Shard | None = None) -> str:
        """Return the key of a shard's input, or the prefix of a round's."""
        return f"{self.folder}/input/{number}/{shard.name if shard else ''}"

    def output_key(self, number: int, shard: Shard | None = None) -> str:
        """Return the key of a shard's answers, but for `.out`, or the prefix of a round's."""
        return f"{self.folder}/output/{number}/{shard.name if shard else ''}"

    def _lines(self, key: str) -> list[bytes]:
        kept = self.store.get(key)
        return [line for line in kept.body.split(b"\n") if line] if kept else []

    def _delete_all_but(self, number: int, written: set[Shard]) -> None:
        for shard in self.of(number):
            if shard not in written:
                self.store.delete(self.input_key(number, shard))


def shards_of(store: ObjectStore, owner: str, batch_id: str) -> Shards:
    """Return the files of a batch."""
    return Shards(store, f"batches/{owner}/{batch_id}")


def _cut(jobs: Iterable[bytes], most_lines: int) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the jobs in groups, each with the number of its first job."""
    first, lines, size = 1, list[bytes](), 0
    for job in jobs:
        if lines and (len(lines) == most_lines or size + len(job) > _MOST_SHARD_BYTES):
            yield first, lines
            first, lines, size = first + len(lines), [], 0
        lines.append(job)
        size += len(job)
    if lines:
        yield first, lines
