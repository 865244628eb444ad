"""Errors of lower rooms, translated."""

from __future__ import annotations

import pytest

from twin.errors import UserError, as_user_error


def test_a_named_error_keeps_its_message_and_its_cause():
    with (
        pytest.raises(UserError, match=r"^no such stage$") as caught,
        as_user_error(KeyError, OSError),
    ):
        raise OSError("no such stage")

    assert isinstance(caught.value.__cause__, OSError)


def test_another_error_passes_as_it_is():
    with pytest.raises(ZeroDivisionError), as_user_error(OSError):
        raise ZeroDivisionError


def test_a_function_can_be_marked_and_keeps_its_signature():
    @as_user_error(ValueError)
    def parse(text: str) -> int:
        return int(text)

    assert parse("7") == 7
    with pytest.raises(UserError, match="invalid literal"):
        parse("seven")
