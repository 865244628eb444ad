"""Ports for programs that do not listen yet."""

from __future__ import annotations

import pytest

from localcloud import ports
from localcloud.ports import free_port


def test_no_port_is_given_twice_to_programs_that_start_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unused = iter([50001, 50001, 50001, 50002])
    monkeypatch.setattr(ports, "_unused_port", lambda: next(unused))
    assert [free_port(), free_port()] == [50001, 50002]
