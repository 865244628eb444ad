"""EventBridge's default bus, where rollouts tell of their ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class EventBus:
    """The account's default bus, for events of one source."""

    def __init__(self, client: Any, source: str) -> None:  # noqa: ANN401 - no stubs
        self._client, self._source = client, source

    def put(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Put an event."""
        entry = {"Source": self._source, "DetailType": kind, "Detail": json.dumps(detail)}
        self._client.put_events(Entries=[entry])
