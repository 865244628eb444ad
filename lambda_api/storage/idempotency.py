"""Idempotent creation: a key names one object for a day, however often it is sent.

A record under the caller and the key says which object the key makes and of which body. The first
conditional write of that record decides; docs/decisions/0075 says why it holds an id, no answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from time import time
from typing import TypeVar

from pydantic import BaseModel

from lambda_api.errors import ConflictError, ServiceError, StorageError, UnreadableObjectError
from lambda_api.storage.object_store import ChangedError, ObjectStore
from lambda_api.storage.stored_state import state_in

KEY_SECONDS = 86_400
"""Time for which a key stands for its object."""

CLAIM_SECONDS = 60
"""Time after which a request that did not end is taken for dead, and a later one makes the object.
Longer than any creation takes: one waits for a few calls of S3, SageMaker or Step Functions."""

_RETRY_AFTER_SECONDS = 1
_PARAM = "Idempotency-Key"

Made = TypeVar("Made")


class Claim(BaseModel):
    """A record of one key.

    Attributes:
        object_id: The object that the key makes.
        digest: A digest of the body, see `digest_of`.
        created_at: Unix seconds of the first request.
        claimed_at: Unix seconds of the request that makes the object; 0 if it failed.
        is_made: True once the object is there.
    """

    object_id: str
    digest: str
    created_at: float
    claimed_at: float
    is_made: bool = False


@dataclass(frozen=True)
class Creation:
    """A request to create an object.

    Attributes:
        owner: The caller.
        key: The caller's key of the request; without one nothing is remembered.
        digest: A digest of the body, see `digest_of`.
    """

    owner: str
    key: str | None
    digest: str = ""


@dataclass(frozen=True)
class IdempotencyKeys:
    """The keys of a route, in the bucket of the objects that the route creates.

    Attributes:
        store: The bucket.
        prefix: Where the records lie, such as `batches/~keys/`.
        clock: Returns Unix seconds.
    """

    store: ObjectStore
    prefix: str
    clock: Callable[[], float] = time

    def create(
        self,
        creation: Creation,
        new_id: Callable[[], str],
        make: Callable[[str], Made],
        find: Callable[[str], Made | None],
    ) -> Made:
        """Create an object, or return the one that the same request created before.

        Args:
            creation: The request.
            new_id: Returns the id of a new object.
            make: Creates the object of an id. May be called again for an id whose first request
                died, so must not mind what that left.
            find: Returns the object of an id; None if it is gone.

        Raises:
            ConflictError: The key came with another body, is being used right now, or its object
                was deleted.
        """
        if creation.key is None:
            return make(new_id())
        path = self._path(creation.owner, creation.key)
        claim = self._claimed(path, creation.digest, new_id)
        if claim.is_made:
            return self._found(claim, find)
        try:
            made = make(claim.object_id)
        except Exception:
            self._note(path, claim.model_copy(update={"claimed_at": 0}))
            raise
        self._note(path, claim.model_copy(update={"is_made": True}))
        return made

    def _claimed(self, path: str, digest: str, new_id: Callable[[], str]) -> Claim:
        """Return the key's record, which is either made or ours to make."""
        now = self.clock()
        ours = Claim(object_id=new_id(), digest=digest, created_at=now, claimed_at=now)
        try:
            self.store.create(path, _json(ours))
        except ChangedError:
            return self._taken_over(path, ours)
        return ours

    def _taken_over(self, path: str, ours: Claim) -> Claim:
        kept = self.store.get(path)
        if kept is None:
            raise _in_progress()
        theirs = _claim_in(kept.body)
        if theirs == ours:
            return ours  # the SDK sent it twice, because the first answer was lost
        if theirs and theirs.created_at + KEY_SECONDS > ours.created_at:
            if theirs.is_made and theirs.digest == ours.digest:
                return theirs
            ours = _retry_of(theirs, ours)
        try:
            self.store.replace(path, _json(ours), kept.etag)
        except ChangedError:
            raise _in_progress() from None
        return ours

    def _found(self, claim: Claim, find: Callable[[str], Made | None]) -> Made:
        found = find(claim.object_id)
        if found is None:
            message = f"this key made {claim.object_id!r}, which is gone; take another key"
            raise ConflictError(message, param=_PARAM)
        return found

    def _note(self, path: str, claim: Claim) -> None:
        """Write how a request ended; if that fails, a retry waits for `CLAIM_SECONDS`."""
        try:
            self.store.put(path, _json(claim))
        except StorageError:
            return

    def _path(self, owner: str, key: str) -> str:
        return f"{self.prefix}{owner}/{sha256(key.encode()).hexdigest()}"


def digest_of(*parts: bytes) -> str:
    """Return a digest of a body, given as parts of which none can be taken for two."""
    return sha256(b"".join(sha256(part).digest() for part in parts)).hexdigest()


def _retry_of(theirs: Claim, ours: Claim) -> Claim:
    """Return a claim in place of an earlier claim, if that failed or the request died."""
    if theirs.digest != ours.digest:
        if theirs.claimed_at:
            raise ConflictError(
                "this key came with another body in the last 24 hours, each body needs its own",
                param=_PARAM,
            )
        return ours  # nothing was made of the other body
    if theirs.claimed_at + CLAIM_SECONDS > ours.claimed_at:
        raise _in_progress()
    return theirs.model_copy(update={"claimed_at": ours.claimed_at})


def _json(claim: Claim) -> bytes:
    return claim.model_dump_json().encode()


def _claim_in(body: bytes) -> Claim | None:
    try:
        return state_in(body, Claim, "Idempotency-Key")
    except UnreadableObjectError:
        return None


def _in_progress() -> ServiceError:
    return ConflictError(
        "a request with this key is being worked on, send it again for its result",
        param=_PARAM,
        retry_after_seconds=_RETRY_AFTER_SECONDS,
    )
