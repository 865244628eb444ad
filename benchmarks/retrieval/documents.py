"""Documents of four short sections, as benchmarks bring them."""

from __future__ import annotations


def document(number: int) -> bytes:
    """Return a document of four sections, none of which another one has."""
    return "\n\n".join(
        f"# Part {part}\n\nOf document {number}, section {part}: what was said about it there."
        for part in range(4)
    ).encode()
