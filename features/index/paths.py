"""Keys in the bucket: documents below their store, and an index for each embedder.

documents/<store>/<name>                        written by users and by the API
documents/<store>/<name>.metadata.json          attributes beside a document
index/<store>/<embedder>/records/<document>     the chunks of one document
index/<store>/<embedder>/segments/<digest>      chunks that are searched together
index/<store>/<embedder>/generations/<digest>   the segments and documents of one state
index/<store>/<embedder>/current.json           the generation that is published
index/<store>/serving.json                      the embedder whose index readers use

Where S3 Vectors holds the chunks, `vectors/` stands before `generations/`, `current.json` and
`serving.json`, and there are no segments.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from features.embedding.embedder import EmbedderIdentity

DOCUMENTS = "documents/"
INDEX = "index/"
STORES = "stores/"
"""Prefix of callers' stores: `stores/<owner>/<id>.json`, written by the API before any document."""

OWN_STORE = re.compile(r"own-[0-9a-f]{40}")
"""Names of callers' stores, which are longer than one of config may be."""

SIDECAR = ".metadata.json"
"""Ending of the file beside a document, as Bedrock's knowledge bases have it."""

Place = Literal["snapshot", "vectors"]
_FOLDERS: Mapping[Place, str] = {"snapshot": "", "vectors": "vectors/"}

STORE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class DocumentName:
    """The name of a document: a store, and a path within."""

    store: str
    path: str

    @property
    def key(self) -> str:
        """The document's key in the bucket."""
        return f"{DOCUMENTS}{self.store}/{self.path}"

    @property
    def sidecar(self) -> str:
        """The key of the file with the document's attributes."""
        return self.key + SIDECAR

    @property
    def id(self) -> str:
        """The document's id in an index: 24 hexadecimal digits of a digest of its key."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:24]

    @classmethod
    def of_key(cls, key: str) -> DocumentName | None:
        """Return the document that a key belongs to; None outside of all stores."""
        store, _, path = key.removeprefix(DOCUMENTS).partition("/")
        path = path.removesuffix(SIDECAR)
        if not key.startswith(DOCUMENTS) or not STORE_NAME.fullmatch(store):
            return None
        return cls(store, path) if path and not path.endswith("/") else None


def own_store(key: str) -> str | None:
    """Return the name of the store that a key below `STORES` is of; None for other notes there.

    The rule is `lambda_api`'s; a test holds both to each other.
    """
    owner, _, file = key.removeprefix(STORES).partition("/")
    store_id = file.removesuffix(".json")
    if owner.startswith("~") or store_id == file or "/" in store_id:
        return None
    return f"own-{hashlib.sha256(f'{owner}/{store_id}'.encode()).hexdigest()[:40]}"


@dataclass(frozen=True)
class IndexPaths:
    """The S3 keys of one index: the chunks of a store, embedded by one embedder.

    Attributes:
        place: Where the chunks are searched: "snapshot" for segments in the bucket, or "vectors".
    """

    store: str
    embedder: EmbedderIdentity
    place: Place = "snapshot"

    @property
    def root(self) -> str:
        """The prefix of all that belongs to the index."""
        return f"{INDEX}{self.store}/{self.embedder.short}/"

    @property
    def serving(self) -> str:
        """The key of the object that names the embedder whose index readers use."""
        return serving_key(self.store, self.place)

    @property
    def current(self) -> str:
        """The key of the object that names the current generation."""
        return f"{self.root}{_FOLDERS[self.place]}current.json"

    def owns(self, key: str) -> bool:
        """Return whether a key belongs to the index, and not to one of another embedder or place.

        Records belong to both places.
        """
        rest = key.removeprefix(self.root)
        if key == self.serving or rest.startswith("records/"):
            return True
        is_vectors = rest.startswith(_FOLDERS["vectors"])
        return rest != key and is_vectors == (self.place == "vectors")

    def record(self, document: str) -> str:
        """Return the key of a document's record, by the document's id."""
        return f"{self.root}records/{document}"

    def segment(self, name: str) -> str:
        """Return the key of a segment."""
        return f"{self.root}segments/{name}"

    def generation(self, name: str) -> str:
        """Return the key of a generation."""
        return f"{self.root}{_FOLDERS[self.place]}generations/{name}"


def serving_key(store: str, place: Place = "snapshot") -> str:
    """Return the key of the object that names the embedder whose index of a store readers use."""
    return f"{INDEX}{store}/{_FOLDERS[place]}serving.json"
