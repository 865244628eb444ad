"""Regular expressions read what callers send: none may take more time than the text is long."""

from __future__ import annotations

import re
from importlib import import_module
from itertools import product
from pkgutil import walk_packages
from time import process_time

import pytest

import features
import lambda_api

_BEGINNINGS = (
    "",
    "#",
    "# x",
    "---\n",
    "a:",
    "<",
    "[",
    "[1",
    "{",
    "{1",
    '"model": "',
    "\\ud",
    "file-",
)
_FILLERS = (" ", "\t", "#", "-", "a", "1", "/", "\\", "\n", "a.", ". ", " #", ",", '"')
_ENDS = ("", "x", "\n", "\x00")
_MOST_SECONDS = 0.3


def _expressions():
    for package in (features, lambda_api):
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            if ".handlers" in found.name:  # entry points connect when they are imported
                continue
            for name, value in vars(import_module(found.name)).items():
                if isinstance(value, re.Pattern):
                    yield pytest.param(value, id=f"{found.name}.{name}")


@pytest.mark.parametrize("expression", list(_expressions()))
def test_a_long_hostile_line_takes_no_more_time_than_it_is_long(expression):
    # A cubic expression already fails at the shorter length, so that no failure takes minutes.
    for length in (1_000, 20_000):
        for beginning, filler, end in product(_BEGINNINGS, _FILLERS, _ENDS):
            line = beginning + filler * length + end
            if isinstance(expression.pattern, bytes):
                line = line.encode()
            began = process_time()
            expression.match(line)
            taken = process_time() - began
            assert taken < _MOST_SECONDS, f"{taken:.2f} s for {line[:20]!r}… of {len(line)}"
