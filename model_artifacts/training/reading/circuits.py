"""First weights in which reading is laid out, roughly; training does the rest.

The first layer looks at the token before, and at the two to four before that, and writes down their
names in codes. The second looks back at the first token of the sentence, and makes the sentence's
mark of its name and of what stands before it; and at the number of the document. In the third a
question's token looks at the same token elsewhere, and takes the mark of the sentence there. The
fourth gathers the question's marks where the answer is written. The fifth compares the token and
those before it with what stands before each earlier token, and says the one that fits; the last
says the first token of the sentence with the mark that was gathered, or its document's number. In
a model of random weights none of this came about in minutes (ADR 0201).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

from model_artifacts.training.reading.state import (
    ASKED,
    BEFORE,
    CONSTANT,
    EARLIER,
    MARK,
    NAME,
    NUMBER,
    WIDTH,
)
from model_artifacts.training.reading.stream import HEADS, Layer, ReadingStream

_NAMED = slice(CONSTANT + 1, NAME.stop)
_CODE, _EARLY_CODE = BEFORE.stop - BEFORE.start, EARLIER.stop - EARLIER.start
_MARKED, _NUMBERED = MARK.stop - MARK.start, NUMBER.stop - NUMBER.start
_STARTING = 40
"""Numbers of a head that carry the first token's name; the document's number has the next ones."""

_STILL = 1.5e-3
"""Turn for each token, in radians, below which a pair counts as never turned."""

_POSITION = 8.0
"""Size of a key that is the same in all tokens, which only RoPE tells apart."""

_BACK = ((1, 14.0, range(5)), (3, 8.0, range(2, 6)))
"""Of both heads that look back: how far, how surely, and the pairs that tell how far. Slower pairs
do not tell a token from its neighbours, so that the second sees three at once."""

_THREE_SEEN = 1.7
_NEIGHBOUR = 0.22
"""Attention of the second head to both neighbours of the token that is looked for."""

_NEAR, _NEARER = range(6, 12), range(9, 13)
"""Pairs that turn by half within a sentence, and within a document."""


@dataclass(frozen=True)
class _Codes:
    """The codes of names, and directions along which some tokens are found.

    Attributes:
        before: Code of the token before, from a name.
        earlier: Code of those before that, from a name.
        start: A direction of a state; 1 along it is a sentence's first token.
        number: The same of a document's number.
    """

    before: torch.Tensor
    earlier: torch.Tensor
    start: torch.Tensor
    number: torch.Tensor


def lay_out(stream: ReadingStream, tokenizer: Tokenizer) -> None:
    """Change a new stream's random weights in place. It must have six layers."""
    with torch.no_grad():
        codes = _codes(stream, tokenizer)
        still = _still(stream)
        back, sentence, match, gather, copy, start = stream.layers
        _lay_back(back, stream.rope.turns, codes)
        _lay_sentence(sentence, codes)
        _lay_match(match, still)
        _lay_gather(gather)
        _lay_copy(copy, still, codes)
        _lay_start(start, still, codes, sentence)


def _projection(rows: int, columns: int) -> torch.Tensor:
    """Return a random projection that keeps lengths."""
    return torch.randn(rows, columns) / math.sqrt(rows)


def _codes(stream: ReadingStream, tokenizer: Tokenizer) -> _Codes:
    before = _projection(_CODE, NAME.stop - 1)
    earlier = _projection(_EARLY_CODE, NAME.stop - 1) * _THREE_SEEN

    def along(code: torch.Tensor, text: str) -> torch.Tensor:
        name = stream.names[tokenizer.encode(text).ids[0], _NAMED]
        return code @ name / (code @ name).square().sum()

    start, number = torch.zeros(2, WIDTH)
    start[BEFORE] = along(before, "\n") + along(before, " ") / 2
    start[EARLIER] = along(earlier * _NEIGHBOUR, ".") / 2
    number[BEFORE] = along(before, "[")
    return _Codes(before, earlier, start, number)


def _still(stream: ReadingStream) -> torch.Tensor:
    """Return the numbers of a head that RoPE hardly turns."""
    turns = stream.rope.turns
    slow = [pair for pair, turn in enumerate(turns) if turn < _STILL]
    return torch.tensor([*slow, *(pair + len(turns) for pair in slow)])


def _rows(layer: Layer, head: int) -> int:
    """Return the first row of a query head, or column of its output."""
    return head * len(layer.key)


def _read_names(layer: Layer) -> None:
    """Lay out the names of the tokens that are looked at as values."""
    layer.value.copy_(torch.eye(len(layer.key), WIDTH))
    layer.value[CONSTANT] = 0.0


def _hand_on(layer: Layer, mark: slice) -> None:
    """Lay out the way of a mark to where the asked mark stands."""
    layer.value.zero_()
    layer.value[:_MARKED, mark] = torch.eye(_MARKED)
    for head in range(HEADS):
        first = _rows(layer, head)
        layer.output[ASKED, first : first + _MARKED] += torch.eye(_MARKED) / HEADS


def _lay_back(layer: Layer, turns: list[float], codes: _Codes) -> None:
    size = len(layer.key)
    for weights in (layer.key, layer.query, layer.output):
        weights.mul_(0.2)
    _read_names(layer)
    layer.key[: _BACK[1][2].stop, CONSTANT] += _POSITION
    for head, (back, surely, pairs) in enumerate(_BACK):
        first = _rows(layer, head)
        for pair in pairs:
            angle = -turns[pair] * back
            layer.query[first + pair, CONSTANT] += surely * math.cos(angle)
            layer.query[first + pair + size // 2, CONSTANT] += surely * math.sin(angle)
    layer.output[BEFORE, _NAMED] = codes.before
    layer.output[EARLIER, size + _NAMED.start :] = codes.earlier


def _lay_sentence(layer: Layer, codes: _Codes) -> None:
    """Lay out the way from a token to its sentence's first, and to the number of the document."""
    size, surely = len(layer.key), 7.0
    for pair in _NEAR:
        layer.key[pair] += surely * codes.start
        layer.query[pair, CONSTANT] += surely
    for pair in _NEARER:
        layer.key[pair + size // 2] += surely * codes.number
        layer.query[size + pair + size // 2, CONSTANT] += surely
    layer.value.zero_()
    layer.value[:_MARKED, _NAMED] = _projection(_MARKED, NAME.stop - 1) * 0.8
    layer.value[:_MARKED, EARLIER] = _projection(_MARKED, _EARLY_CODE) * 0.8
    numbers = slice(size // 2, size // 2 + _NUMBERED)
    layer.value[numbers, _NAMED] = _projection(_NUMBERED, NAME.stop - 1)
    layer.output[MARK, :_MARKED] = torch.eye(_MARKED)
    layer.output[NUMBER, size + numbers.start : size + numbers.stop] = torch.eye(_NUMBERED)


def _lay_match(layer: Layer, still: torch.Tensor) -> None:
    own = torch.randn(len(still), NAME.stop - 1) * 1.5
    before = torch.randn(len(still), _CODE)
    neighbours = range(1, 6)
    layer.key[still, _NAMED] += own
    layer.key[still, BEFORE] += before
    layer.key[neighbours, CONSTANT] += 4.0
    _hand_on(layer, MARK)
    for head, of_before in enumerate((0.0, 0.8)):
        first = _rows(layer, head)
        layer.query[first + still, _NAMED] += own
        layer.query[first + still, BEFORE] += before * of_before
        # Neither the token itself nor its neighbours.
        layer.query[[first + pair for pair in neighbours], CONSTANT] -= 4.0


def _lay_gather(layer: Layer) -> None:
    layer.key[_NEAR, CONSTANT] += 3.0
    _hand_on(layer, ASKED)
    for head in range(HEADS):
        first = _rows(layer, head)
        layer.query[[first + pair for pair in _NEAR], CONSTANT] += 3.0


def _lay_copy(layer: Layer, still: torch.Tensor, codes: _Codes) -> None:
    before = torch.randn(len(still), _CODE) * 1.6
    earlier = torch.randn(len(still), _EARLY_CODE)
    mark = torch.randn(len(still), _MARKED) * 0.4
    layer.key[still, BEFORE] += before
    layer.key[still, EARLIER] += earlier
    layer.key[still, MARK] += mark
    _read_names(layer)
    for head in range(HEADS):
        first = _rows(layer, head)
        layer.query[first + still, _NAMED] += before @ codes.before
        # One token later two of the three are still among those earlier.
        layer.query[first + still, EARLIER] += earlier
        layer.query[first + still, ASKED] += mark
        layer.output[NAME, first : first + NAME.stop] += torch.eye(NAME.stop) * 2


def _lay_start(layer: Layer, still: torch.Tensor, codes: _Codes, sentence: Layer) -> None:
    """Lay out an answer's beginning, in head 0, and the number of the document, in head 1."""
    size = len(layer.key)
    mark = torch.randn(len(still), _MARKED) * 1.2
    layer.key[still, MARK] += mark
    layer.key[still[0]] += 4.0 * codes.start
    layer.query[still[0], CONSTANT] += 4.0
    for head in range(HEADS):
        layer.query[_rows(layer, head) + still, ASKED] += mark
    name = _projection(_STARTING, NAME.stop - 1)
    number = sentence.value[size // 2 : size // 2 + _NUMBERED, _NAMED]
    layer.value.zero_()
    layer.value[:_STARTING, _NAMED] = name
    layer.value[_STARTING : _STARTING + _NUMBERED, NUMBER] = torch.eye(_NUMBERED)
    numbers = slice(size + _STARTING, size + _STARTING + _NUMBERED)
    layer.output[_NAMED, :_STARTING] += torch.linalg.pinv(name) * 2
    layer.output[_NAMED, numbers] += torch.linalg.pinv(number)
