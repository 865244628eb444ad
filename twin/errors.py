"""The one error that ends a command with a message in place of a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """A failure that the person at the terminal can mend; the message says what is wrong."""


class NotInstalledError(UserError):
    """A program that `make setup` installs beside the project is missing."""

    def __init__(self, program: str) -> None:
        super().__init__(f"{program} is not installed: run `make setup`")


@contextmanager
def as_user_error(*kinds: type[Exception]) -> Iterator[None]:
    """Raise errors of these kinds, met in the block or function, as `UserError`.

    Args:
        kinds: Errors of rooms and libraries below the command line whose message reads by itself.

    Raises:
        UserError: One of them was met; the message is the same.
    """
    try:
        yield
    except kinds as error:
        raise UserError(str(error)) from error
