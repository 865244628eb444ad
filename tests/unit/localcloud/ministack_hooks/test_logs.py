"""Logs that are deleted while others are written."""

from __future__ import annotations

from typing import Any

import pytest
from ministack.services import cloudwatch_logs

from localcloud.ministack_hooks.logs import delete_logs_while_others_write


def test_a_line_of_another_group_does_not_stop_a_deletion(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def disturbed_once(group: str) -> None:
        asked.append(group)
        lines: dict[Any, Any] = {1: 1}
        for _ in lines:
            if len(asked) == 1:
                lines[2] = 2

    for name in ("_forget_log_records_for_group", "_forget_log_records_for_stream"):
        monkeypatch.setattr(cloudwatch_logs, name, disturbed_once)
    delete_logs_while_others_write()
    cloudwatch_logs._forget_log_records_for_group("group")
    assert asked == ["group", "group"]


def test_another_fault_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_group: str, _stream: str) -> None:
        raise RuntimeError("broken")

    for name in ("_forget_log_records_for_group", "_forget_log_records_for_stream"):
        monkeypatch.setattr(cloudwatch_logs, name, broken)
    delete_logs_while_others_write()
    with pytest.raises(RuntimeError, match="broken"):
        cloudwatch_logs._forget_log_records_for_stream("group", "stream")
