"""The port to the users of files, who are asked before a file goes."""

from __future__ import annotations

from typing import Protocol


class FileUses(Protocol):
    """The port to whatever works with files and copies of them."""

    def release(self, owner: str, file_id: str) -> None:
        """Delete all copies of a file's content.

        Raises:
            ConflictError: The file is in use.
        """
