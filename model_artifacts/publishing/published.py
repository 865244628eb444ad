"""A model as a bucket holds it: its keys, and the manifest that ends a push."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from model_artifacts.packaging.manifest import digest_of
from model_artifacts.publishing.errors import PublishingError

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

_URI = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/models/(?P<digest>[0-9a-f]{64})/?"
)


class PublishedFile(BaseModel):
    """A file of a model.

    Attributes:
        name: path below the model's directory, with "/" between the parts.
        size: bytes.
        sha256: of the content, in hex digits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    size: Annotated[int, Field(ge=0)]
    sha256: Sha256

    @field_validator("name")
    @classmethod
    def _stays_below(cls, name: str) -> str:
        """Refuse a name that would lead out of a directory, or that no manifest lists."""
        parts = PurePosixPath(name).parts
        if not parts or PurePosixPath(name).as_posix() != name or "\\" in name or "\0" in name:
            raise ValueError("must be a relative path")
        if any(part.startswith((".", "/")) for part in parts):
            raise ValueError("must be a relative path without hidden parts")
        return name


class PublishedModel(BaseModel):
    """The manifest of a pushed model: the same for the same files, whenever they are pushed.

    Attributes:
        version: of this layout.
        digest: of the files' names and content, as `Manifest.digest` computes it.
        files: in the order of their paths.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    digest: Sha256
    files: Annotated[tuple[PublishedFile, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        checksums = {file.name: file.sha256 for file in self.files}
        if len(checksums) < len(self.files) or digest_of(checksums) != self.digest:
            raise ValueError(f"digest: got {self.digest}; must be that of the files")
        return self

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @classmethod
    def of(cls, files: tuple[PublishedFile, ...]) -> Self:
        """Return the manifest of files."""
        return cls(digest=digest_of({file.name: file.sha256 for file in files}), files=files)

    @classmethod
    def parse(cls, content: bytes, where: str) -> Self:
        """Read a manifest.

        Args:
            content: JSON.
            where: its place, for messages.

        Raises:
            PublishingError: It is no manifest, or one whose digest is not that of its files.
        """
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            found = error.errors()[0]
            place = ".".join(map(str, found["loc"]))
            raise PublishingError(
                f"{where}: no manifest of a model: {place} {found['msg']}"
            ) from None


def prefix_of(digest: str) -> str:
    """Return the key prefix of a model's files."""
    return f"models/{digest}/"


def manifest_key(digest: str) -> str:
    """Return the key of a model's manifest."""
    return f"models/{digest}.json"


def archive_key(digest: str) -> str:
    """Return the key of a model's archive for batch transform."""
    return f"models/{digest}.tar.gz"


def parse_uri(uri: str) -> tuple[str, str]:
    """Return bucket and digest of a pushed model's URI.

    Raises:
        PublishingError: It is not spelled like `s3://bucket/models/<digest>/`.
    """
    match = _URI.fullmatch(uri)
    if match is None:
        raise PublishingError(f"got {uri!r}; must be spelled s3://bucket/models/<64 hex digits>/")
    return match["bucket"], match["digest"]
