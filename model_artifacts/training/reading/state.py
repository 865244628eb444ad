"""Places in the reading stream's states: which numbers are for what."""

from __future__ import annotations

CONSTANT = 0
"""A number that is the same in all tokens."""

NAME = slice(0, 64)
"""The token's name, of which the first is the constant; in the end, the name of the next token."""

BEFORE = slice(64, 88)
"""The name of the token before, in a code."""

EARLIER = slice(88, 104)
"""The names of the two to four tokens before that, in another."""

MARK = slice(104, 128)
"""The mark of the sentence that the token is in."""

ASKED = slice(128, 152)
"""The mark of the sentence that is asked for."""

NUMBER = slice(152, 160)
"""The number of the document that the token is in."""

WIDTH = 160
"""All numbers of a state."""
