"""The state of objects as JSON in a bucket, which may be damaged by the time of reading."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from lambda_api.errors import UnreadableObjectError

State = TypeVar("State", bound=BaseModel)


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
