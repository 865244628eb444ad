"""Messages of the two queues: documents to look at, and records to publish."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from features.index.paths import DocumentName


@dataclass(frozen=True)
class Changed:
    """A document whose record may be other than published."""

    store: str
    document: str

    def told(self) -> str:
        """Return the message's body."""
        return json.dumps({"store": self.store, "document": self.document})

    @classmethod
    def of(cls, body: str) -> Changed:
        """Return what a message says.

        Raises:
            ValueError: The body is no such message.
        """
        told = json.loads(body)
        if not isinstance(told, dict) or not {"store", "document"} <= told.keys():
            raise ValueError('a message to publish has "store" and "document"')
        return cls(str(told["store"]), str(told["document"]))


def named_documents(body: str) -> list[DocumentName]:
    """Return the documents that a notification of S3 names; none for a test event.

    Raises:
        ValueError: The body is no notification.
    """
    told = json.loads(body)
    if not isinstance(told, dict):
        raise ValueError("a notification is an object")
    keys = (record["s3"]["object"]["key"] for record in told.get("Records", ()))
    names = (DocumentName.of_key(unquote_plus(str(key))) for key in keys)
    return [name for name in names if name is not None]


def notification(name: DocumentName) -> str:
    """Return a notification that names a document, as S3 writes one."""
    return json.dumps({"Records": [{"s3": {"object": {"key": quote_plus(name.key)}}}]})


def failed_messages(
    records: Sequence[Mapping[str, Any]],
    take: Callable[[Mapping[str, Any]], None],
    failed: Callable[[Mapping[str, Any], Exception], None],
) -> dict[str, Any]:
    """Take each message; return those that have to come again, in the form Lambda reads."""
    again = []
    for record in records:
        try:
            take(record)
        except Exception as error:
            failed(record, error)
            again.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": again}
