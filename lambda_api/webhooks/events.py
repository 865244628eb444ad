"""Events of webhooks: the same bytes in the queue and in each try."""

from __future__ import annotations

import json
import re

_ID = re.compile(r"evt_[0-9a-f]{32}", re.ASCII)


def event(event_type: str, object_id: str, created_at: int) -> str:
    """Return an event about an object in OpenAI's form.

    Its id follows from the object's, so that a receiver knows an event that came twice.

    Args:
        event_type: The type, such as `response.completed`.
        object_id: The object, such as `resp_...`.
        created_at: Unix seconds.
    """
    _, _, digits = object_id.partition("_")
    return json.dumps(
        {
            "id": f"evt_{digits}",
            "object": "event",
            "created_at": created_at,
            "type": event_type,
            "data": {"id": object_id},
        }
    )


def event_id(event: str) -> str | None:
    """Return the id of an event; None for any text that is no event of ours."""
    try:
        found = json.loads(event)["id"]
    except (ValueError, LookupError, TypeError):
        return None
    return found if isinstance(found, str) and _ID.fullmatch(found) else None
