"""The size of a regular expression once its repetitions are written out.

One pass from left to right without backtracking, so the check costs no more than the text is long.
The dialect is what JSON schemas use: ECMA-262, and what Python and RE2 share with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from lambda_api.admission import bounds

_REPEAT = re.compile(r"\{(\d*)(,?)(\d*)\}", re.ASCII)
_CODE = re.compile(r"u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}")
_GROUP_OPENINGS = re.compile(r"\?(?::|=|!|<=|<!|P?<\w{1,64}>)")
_SIMPLE = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_ZERO_WIDTH = frozenset("bBAZz")
_BRACED = frozenset("pPuxN")


class PatternError(ValueError):
    """A pattern that is malformed or too large; the message says which, and the bound."""


@dataclass
class _Group:
    """A group while it is read: the alternatives before, the present one, and the last atom.

    Attributes:
        size: Atoms up to the last one, in all alternatives.
        may_skip: True if an alternative before can match nothing.
        is_empty: True if the present alternative can match nothing, up to the last atom.
        atom: Size of the last atom, which a quantifier may follow; 0 without one.
        atom_is_empty: True if the last atom can match nothing.
        is_zero_width: True for a lookaround.
    """

    size: int = 0
    may_skip: bool = False
    is_empty: bool = True
    atom: int = 0
    atom_is_empty: bool = True
    is_zero_width: bool = False

    def put(self, size: int, *, is_empty: bool = False) -> None:
        self.settle()
        self.atom, self.atom_is_empty = size, is_empty

    def settle(self) -> None:
        """Take the last atom for good: no quantifier can follow any more."""
        self.size += self.atom
        self.is_empty = self.is_empty and self.atom_is_empty
        self.atom, self.atom_is_empty = 0, True

    def next_alternative(self) -> None:
        self.settle()
        self.may_skip = self.may_skip or self.is_empty
        self.is_empty = True

    def repeat(self, least: int, most: int | None) -> None:
        if not self.atom:
            raise PatternError("repeats nothing")
        if self.atom_is_empty and (most is None or most > 1):
            raise PatternError("repeats a group that can match nothing, which has no bound")
        self.atom *= max(least if most is None else most, 1)
        self.atom_is_empty = self.atom_is_empty or least == 0
        self.settle()


def expanded_size(pattern: str) -> int:
    """Return the number of atoms of a pattern with its repetitions written out.

    Raises:
        PatternError: The pattern is malformed, too long, too deep or too large.
    """
    if len(pattern) > bounds.PATTERN:
        raise PatternError(f"has {len(pattern)} characters, at most {bounds.PATTERN} are allowed")
    return _Scanner(pattern).size()


class _Scanner:
    """A reader of one pattern; `_at` only grows."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._groups = [_Group()]

    def size(self) -> int:
        while self._at < len(self._pattern):
            self._step()
            group = self._groups[-1]
            if group.size + group.atom > bounds.PATTERN_ATOMS:
                raise PatternError(
                    f"is over {bounds.PATTERN_ATOMS} characters with its repetitions written out"
                )
        if len(self._groups) > 1:
            raise PatternError("leaves a group open")
        self._groups[0].settle()
        return self._groups[0].size

    def _step(self) -> None:
        read = self._pattern[self._at]
        self._at += 1
        special: dict[str, Callable[[], None]] = {
            "\\": self._escape,
            "[": self._class,
            "(": self._open,
            ")": self._close,
            "|": self._groups[-1].next_alternative,
            "{": self._brace,
        }
        if read in special:
            special[read]()
        elif read in _SIMPLE:
            self._quantify(*_SIMPLE[read])
        else:
            self._groups[-1].put(1, is_empty=read in "^$")

    def _escape(self) -> None:
        if self._at == len(self._pattern):
            raise PatternError("ends in a backslash")
        read = self._pattern[self._at]
        self._at += 1
        if read in "123456789k":
            raise PatternError("refers back to a group, which no grammar can")
        if code := _CODE.match(self._pattern, self._at - 1):
            self._at = code.end()
        elif read in _BRACED and self._pattern[self._at : self._at + 1] == "{":
            self._at = self._after("}", "leaves a brace open")
        self._groups[-1].put(1, is_empty=read in _ZERO_WIDTH)

    def _class(self) -> None:
        while self._at < len(self._pattern):
            read = self._pattern[self._at]
            self._at += 2 if read == "\\" else 1
            if read == "]":
                return self._groups[-1].put(1)
        raise PatternError("leaves a character class open")

    def _open(self) -> None:
        if len(self._groups) > bounds.PATTERN_GROUPS:
            raise PatternError(f"nests groups deeper than {bounds.PATTERN_GROUPS}")
        group = _Group()
        if self._pattern[self._at : self._at + 1] == "?":
            opening = _GROUP_OPENINGS.match(self._pattern, self._at)
            if opening is None:
                raise PatternError("has a group of an unknown kind")
            group.is_zero_width = opening[0] in {"?=", "?!", "?<=", "?<!"}
            self._at = opening.end()
        self._groups.append(group)

    def _close(self) -> None:
        if len(self._groups) == 1:
            raise PatternError("closes a group that is not open")
        group = self._groups.pop()
        group.next_alternative()
        # A group of nothing is an atom too, so that a quantifier finds it.
        self._groups[-1].put(max(group.size, 1), is_empty=group.may_skip or group.is_zero_width)

    def _brace(self) -> None:
        found = _REPEAT.match(self._pattern, self._at - 1)
        if found is None or found[0] in {"{}", "{,}"}:
            return self._groups[-1].put(1)
        self._at = found.end()
        least = int(found[1] or 0)
        most = int(found[3]) if found[3] else None if found[2] else least
        if most is not None and most < least:
            raise PatternError(f"repeats {found[0]}, which is no range")
        return self._quantify(least, most)

    def _quantify(self, least: int, most: int | None) -> None:
        self._groups[-1].repeat(least, most)
        # A lazy or possessive quantifier matches the same texts.
        if self._pattern[self._at : self._at + 1] in {"?", "+"}:
            self._at += 1

    def _after(self, mark: str, problem: str) -> int:
        found = self._pattern.find(mark, self._at)
        if found < 0:
            raise PatternError(problem)
        return found + 1
