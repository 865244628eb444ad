from __future__ import annotations

from features.errors import StorageError
from features.handlers.come_again import come_again


class Queue:
    """A queue that knows only messages whose receipt is "good"."""

    def __init__(self) -> None:
        self.put_off: dict[str, int] = {}

    def postpone(self, receipt: str, seconds: int) -> None:
        if not receipt.startswith("good"):
            raise StorageError("SQS cannot be used")
        self.put_off[receipt] = seconds


def record(message, receipt, tries):
    attributes = {"ApproximateReceiveCount": str(tries)}
    return {"messageId": message, "receiptHandle": receipt, "attributes": attributes}


def test_each_message_that_failed_is_put_off_by_its_own_tries(capsys):
    queue = Queue()
    records = [record("1", "good 1", 1), record("2", "bad", 1), record("3", "good 3", 3)]
    told = come_again(queue, records)
    assert [one["itemIdentifier"] for one in told["batchItemFailures"]] == ["1", "2", "3"]
    assert queue.put_off == {"good 1": 30, "good 3": 600}
    assert '"not put off", "message_id": "2"' in capsys.readouterr().out
