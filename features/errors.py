"""The errors of features: documents that cannot be read, searches that cannot be made."""

from __future__ import annotations

from typing import Literal


class StorageError(Exception):
    """A bucket or an index that cannot be used now; the message names the reason."""


class DamagedError(StorageError):
    """A part of an index that is gone or damaged: to try again changes nothing."""


class DocumentError(Exception):
    """A document that cannot be read, with OpenAI's code and a reason for people.

    Attributes:
        code: OpenAI's `last_error.code` of a vector store's file.
        reason: Sentence without the document's content.
    """

    def __init__(self, code: Literal["unsupported_file", "invalid_file"], reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class SearchError(Exception):
    """A search that cannot be made as asked.

    Attributes:
        code: "invalid_request", "store_not_found" or "unavailable".
        param: Field of the request that is wrong, if one is.
    """

    def __init__(
        self,
        code: Literal["invalid_request", "store_not_found", "unavailable"],
        message: str,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.param = param
