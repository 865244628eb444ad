"""Words of texts as an index has them: lower case, and stemmed by Snowball's English stemmer.

Words of other languages stay findable: the stemmer changes questions and texts alike.
"""

from __future__ import annotations

import re
from functools import lru_cache
from threading import local

import Stemmer

_WORD = re.compile(r"\w+")
_PARTS = re.compile(r"[^\W_]+")
_LONGEST = 64
_threads = local()


def words(text: str) -> list[str]:
    """Return the words of a text in their order, stemmed; of `max_tokens` its parts as well."""
    found = []
    for word in _WORD.findall(text.lower()):
        found.append(_stemmed(word[:_LONGEST]))
        if "_" in word:
            found += [_stemmed(part[:_LONGEST]) for part in _PARTS.findall(word)]
    return found


@lru_cache(100_000)
def _stemmed(word: str) -> str:
    # A stemmer is not safe to share between threads.
    if not hasattr(_threads, "stemmer"):
        _threads.stemmer = Stemmer.Stemmer("english")
    stem: str = _threads.stemmer.stemWord(word)
    return stem
