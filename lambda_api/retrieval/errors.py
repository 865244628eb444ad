"""The errors of retrieval."""

from __future__ import annotations

from lambda_api.errors import InvalidRequestError, UpstreamError


class RetrievalError(UpstreamError):
    """A search function that gave no answer; before an answer of the model nobody is told."""

    code = "retrieval_error"


class UnsupportedToolError(InvalidRequestError):
    """A tool that needs a section which the stage's config does not have."""

    code = "unsupported_tool"

    def __init__(self, param: str) -> None:
        super().__init__(
            f"{param}: file_search needs the section [retrieval] in the stage's config, which is "
            "not there",
            param=param,
        )
