"""Messages of the two queues: documents to look at, and records to publish."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from features.index.paths import DocumentName

_DELAYS = (30, 120, 600, 1800)
"""Seconds after each failure but the fifth, which makes a message a dead letter: an outage of half
an hour is outlived, and one failure costs half a minute. docs/decisions/0214"""


@dataclass(frozen=True)
class Changed:
    """A document whose record may be other than published.

    Attributes:
        store: Name of the store.
        document: Id of the document.
        since: Time of the change in S3, in seconds since 1970; None where nobody changed it, as
            when an index is filled.
    """

    store: str
    document: str
    since: float | None = None

    def told(self) -> str:
        """Return the message's body."""
        return json.dumps({"store": self.store, "document": self.document, "since": self.since})

    @classmethod
    def of(cls, body: str) -> Changed:
        """Return what a message says.

        Raises:
            ValueError: The body is no such message.
        """
        told = json.loads(body)
        if not isinstance(told, dict) or not {"store", "document"} <= told.keys():
            raise ValueError('a message to publish has "store" and "document"')
        since = told.get("since")
        known = float(since) if isinstance(since, int | float) else None
        return cls(str(told["store"]), str(told["document"]), known)


def named_documents(body: str) -> dict[DocumentName, float | None]:
    """Return the documents that a notification of S3 names, each with the time of its change.

    None for a test event; no time where a notification is not S3's.

    Raises:
        ValueError: The body is no notification.
    """
    told = json.loads(body)
    if not isinstance(told, dict):
        raise ValueError("a notification is an object")
    names: dict[DocumentName, float | None] = {}
    for record in told.get("Records", ()):
        name = DocumentName.of_key(unquote_plus(str(record["s3"]["object"]["key"])))
        if name is not None:
            time = record.get("eventTime")
            names.setdefault(name, datetime.fromisoformat(time).timestamp() if time else None)
    return names


def notification(name: DocumentName) -> str:
    """Return a notification that names a document, as S3 writes one."""
    return json.dumps({"Records": [{"s3": {"object": {"key": quote_plus(name.key)}}}]})


def failed_messages(
    records: Sequence[Mapping[str, Any]],
    take: Callable[[Mapping[str, Any]], None],
    failed: Callable[[Mapping[str, Any], Exception], None],
) -> list[Mapping[str, Any]]:
    """Take each message; return those that have to come again."""
    again = []
    for record in records:
        try:
            take(record)
        except Exception as error:
            failed(record, error)
            again.append(record)
    return again


def failure_delay(record: Mapping[str, Any]) -> int:
    """Return the seconds until a message that failed comes again, by how often it was tried."""
    tries = int(record["attributes"]["ApproximateReceiveCount"])
    return _DELAYS[min(tries, len(_DELAYS)) - 1]
