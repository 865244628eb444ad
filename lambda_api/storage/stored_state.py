"""The state of objects as JSON in a bucket, which may be damaged by the time of reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from lambda_api.errors import ConflictError, UnreadableObjectError
from lambda_api.storage.object_store import ChangedError, ObjectStore

State = TypeVar("State", bound=BaseModel)

_ATTEMPTS = 5


def state_in(body: bytes, model: type[State], object_id: str) -> State:
    """Return the state that an object's bytes hold.

    Args:
        body: The bytes; JSON when written.
        model: The state's type.
        object_id: The object's id, as its owner knows it.

    Raises:
        UnreadableObjectError: The bytes are not such JSON, all of it.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError:
        # Without the cause, which quotes the state: it may hold prompts.
        raise UnreadableObjectError(object_id) from None


def change_state(
    objects: ObjectStore,
    key: str,
    model: type[State],
    object_id: str,
    change: Callable[[State], State | None],
) -> State | None:
    """Change an object's state beside others who change it, and return the changed state.

    Args:
        objects: The bucket.
        key: The object's key.
        model: The state's type.
        object_id: The object's id, as its owner knows it.
        change: Returns a state's successor, or None to leave it; called again if others were first.

    Returns:
        None if there is nothing at the key, or it was left.

    Raises:
        UnreadableObjectError: The bytes are not such JSON, all of it.
        ConflictError: Others never stop changing it.
    """
    for _ in range(_ATTEMPTS):
        kept = objects.get(key)
        changed = None if kept is None else change(state_in(kept.body, model, object_id))
        if kept is None or changed is None:
            return None
        try:
            objects.replace(key, changed.model_dump_json().encode(), kept.etag)
        except ChangedError:
            continue
        return changed
    raise ConflictError(f"{object_id!r} is being changed by others, try again")
