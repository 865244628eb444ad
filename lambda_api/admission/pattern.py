"""The size of a regular expression once its repetitions are written out.

One pass from left to right without backtracking, so the check costs no more than the text is long.
The dialect is what JSON schemas use: ECMA-262, and what Python and RE2 share with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from lambda_api.admission import bounds

_REPEAT = re.compile(r"\{(\d*)(?:(,)(\d*))?\}", re.ASCII)
_CODE = re.compile(r"u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}")
_GROUP_OPENINGS = re.compile(r"\?(?::|=|!|<=|<!|P?<\w{1,64}>)")
_SIMPLE = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_ZERO_WIDTH = frozenset("bBAZz")
_BRACED = frozenset("pPuxN")


class PatternError(ValueError):
    """A pattern that is malformed or too large; the message says which, and the bound."""


@dataclass(frozen=True)
class Part:
    """A part of a pattern with repetitions written out, as a grammar holds it.

    Attributes:
        atoms: Single characters that it matches.
        first: Atoms that a match can begin with.
        last: Atoms that a match can end with.
        steps: Ways from an atom to one that can follow. An engine tries them for each token.
        is_empty: True if it can match nothing.
    """

    atoms: int = 0
    first: int = 0
    last: int = 0
    steps: int = 0
    is_empty: bool = True

    def then(self, other: Part) -> Part:
        """Return this part followed by another."""
        return Part(
            self.atoms + other.atoms,
            self.first + (other.first if self.is_empty else 0),
            other.last + (self.last if other.is_empty else 0),
            self.steps + other.steps + self.last * other.first,
            self.is_empty and other.is_empty,
        )

    def either(self, other: Part) -> Part:
        """Return the choice between this part and another."""
        return Part(
            self.atoms + other.atoms,
            self.first + other.first,
            self.last + other.last,
            self.steps + other.steps,
            self.is_empty or other.is_empty,
        )

    def repeated(self, least: int, most: int | None) -> Part:
        """Return this part, which cannot be empty unless `most` is 1, so many times."""
        copies = max(least if most is None else most, 1)
        turns = copies if most is None else copies - 1
        ends = 1 if most is None else copies - max(least, 1) + 1
        return Part(
            self.atoms * copies,
            self.first,
            self.last * max(ends, 1),
            self.steps * copies + self.last * self.first * turns,
            self.is_empty or least == 0,
        )

    def zero_width(self) -> Part:
        """Return this part as an assertion, which consumes nothing."""
        return Part(max(self.atoms, 1), 0, 0, self.steps, True)


_ATOM = Part(1, 1, 1, 0, False)
_ASSERTION = _ATOM.zero_width()


@dataclass
class _Group:
    """A group while it is read: the alternatives before, the present one, and the last part."""

    before: Part | None = None
    present: Part = field(default_factory=Part)
    part: Part | None = None
    is_zero_width: bool = False

    def put(self, part: Part) -> None:
        """Add a part, which a quantifier may follow."""
        self.settle()
        self.part = part

    def settle(self) -> None:
        """Take the last part for good: no quantifier can follow any more."""
        if self.part is not None:
            self.present, self.part = self.present.then(self.part), None

    def next_alternative(self) -> None:
        self.settle()
        self.before = self.before.either(self.present) if self.before else self.present
        self.present = Part()

    def repeat(self, least: int, most: int | None) -> None:
        if self.part is None:
            raise PatternError("repeats nothing")
        if self.part.is_empty and (most is None or most > 1):
            raise PatternError("repeats a group that can match nothing, which has no bound")
        self.part = self.part.repeated(least, most)
        self.settle()

    def whole(self) -> Part:
        self.next_alternative()
        found = self.before or Part()
        return found.zero_width() if self.is_zero_width else found


def measured(pattern: str) -> Part:
    """Return a pattern's size with its repetitions written out.

    Raises:
        PatternError: The pattern is malformed, too long, too deep or too large.
    """
    if len(pattern) > bounds.PATTERN:
        raise PatternError(f"has {len(pattern)} characters, at most {bounds.PATTERN} are allowed")
    return _Scanner(pattern).measured()


def check_size(part: Part) -> None:
    """Refuse a pattern over the bounds.

    Raises:
        PatternError: It has too many atoms, or too many ways from one to the next.
    """
    if part.atoms > bounds.PATTERN_ATOMS:
        raise PatternError(
            f"is over {bounds.PATTERN_ATOMS} characters with its repetitions written out"
        )
    if part.steps > bounds.PATTERN_STEPS:
        raise PatternError(
            f"is over {bounds.PATTERN_STEPS} ways from one character to the next, with its "
            "repetitions written out"
        )


class _Scanner:
    """A reader of one pattern; `_at` only grows."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._groups = [_Group()]

    def measured(self) -> Part:
        while self._at < len(self._pattern):
            self._step()
            check_size(self._groups[-1].present)
        if len(self._groups) > 1:
            raise PatternError("leaves a group open")
        whole = self._groups[0].whole()
        check_size(whole)
        return whole

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
            self._groups[-1].put(_ASSERTION if read in "^$" else _ATOM)

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
        self._groups[-1].put(_ASSERTION if read in _ZERO_WIDTH else _ATOM)

    def _class(self) -> None:
        while self._at < len(self._pattern):
            read = self._pattern[self._at]
            self._at += 2 if read == "\\" else 1
            if read == "]":
                return self._groups[-1].put(_ATOM)
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
        part = self._groups.pop().whole()
        check_size(part)
        self._groups[-1].put(part)

    def _brace(self) -> None:
        found = _REPEAT.match(self._pattern, self._at - 1)
        if found is None or found[0] in {"{}", "{,}"}:
            return self._groups[-1].put(_ATOM)
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
