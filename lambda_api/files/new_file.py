"""Files before they are stored: their purpose and size, within what is allowed of each purpose."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from lambda_api.errors import InvalidRequestError
from lambda_api.files.schemas import ExpiresAfter, FileObject, Purpose

_LONGEST_NAME = 255
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MIB = 1024 * 1024
MOST_BYTES: Mapping[Purpose, int] = {
    "batch": 200 * _MIB,
    "assistants": 32 * _MIB,
    "user_data": 32 * _MIB,
}
"""Most bytes of a file: of a batch OpenAI's limit (platform.openai.com/docs/api-reference/batch),
of a document as many as ingestion reads, to which a contract test holds them."""


@dataclass(frozen=True)
class NewFile:
    """A file that is to be stored.

    Attributes:
        purpose: The use of the file.
        filename: Name that people know the file by.
        size: Bytes of the content.
        expires_after: The wanted life; None for the longest.
    """

    purpose: Purpose
    filename: str
    size: int
    expires_after: ExpiresAfter | None = None

    def check(self, purposes: Collection[Purpose]) -> None:
        """Refuse a file that is empty, too large, for none of some purposes, or named by no line.

        Raises:
            InvalidRequestError: It is.
        """
        if self.purpose not in purposes:
            allowed = " or ".join(map(repr, purposes))
            raise InvalidRequestError(
                f"purpose: got {self.purpose!r}, this stage has a use for {allowed} only",
                param="purpose",
            )
        if found := _CONTROL.search(self.filename):
            raise InvalidRequestError(
                f"filename: got the control character {found[0]!r}, a name on one line is allowed",
                param="filename",
            )
        if self.size == 0:
            raise InvalidRequestError("the file is empty", param="file")
        most = MOST_BYTES[self.purpose]
        if self.size > most:
            raise InvalidRequestError(
                f"the file has {self.size} bytes, at most {most} are allowed with purpose "
                f"{self.purpose!r}",
                param="file",
            )

    def described(self, file_id: str, now: float, at_most: int) -> FileObject:
        """Return the file as it begins.

        Args:
            file_id: The file's id.
            now: Unix seconds.
            at_most: The longest life in seconds.
        """
        wanted = self.expires_after.seconds if self.expires_after else at_most
        return FileObject(
            id=file_id,
            bytes=self.size,
            created_at=int(now),
            expires_at=int(now) + min(wanted, at_most),
            filename=self.filename[:_LONGEST_NAME],
            purpose=self.purpose,
        )


def media_type(purpose: Purpose) -> str:
    """Return the media type of files of a purpose."""
    is_of_batch = purpose in {"batch", "batch_output"}
    return "application/jsonl" if is_of_batch else "application/octet-stream"
