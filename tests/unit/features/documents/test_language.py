from __future__ import annotations

from pathlib import Path

import pytest

from features.documents.language import reads_english

GERMAN = (
    "Die Bibliothek schließt um neun Uhr abends und öffnet am nächsten Morgen um acht. Wer ein "
    "Buch ausleihen möchte, braucht einen gültigen Ausweis, den es an der Information gibt. Im "
    "Sommer gelten andere Zeiten, die an der Tür stehen. Bücher kann man vier Wochen behalten."
)
ITALIAN = (
    "La biblioteca chiude alle nove di sera e apre la mattina dopo alle otto. Per prendere in "
    "prestito un libro serve una tessera valida, che si ottiene alla reception. In estate l'orario "
    "è diverso e si trova sulla porta. I libri si possono tenere quattro settimane."
)
RUSSIAN = (
    "Библиотека закрывается в девять вечера и открывается на следующее утро в восемь. Чтобы взять "
    "книгу, нужен действующий билет, который можно получить на стойке. Летом действует другое "
    "расписание, оно висит на двери. Книги можно держать четыре недели, потом нужно платить, "
    "поэтому лучше продлить заранее."
)
CHINESE = "图书馆晚上九点关门 第二天早上八点开门 借书需要有效的证件 夏天的开放时间不同" * 2


@pytest.mark.parametrize("text", [GERMAN, ITALIAN, RUSSIAN, CHINESE])
def test_another_language_is_told_apart(text):
    assert not reads_english([text])


def test_this_projects_documents_are_english():
    documents = sorted((Path(__file__).parents[4] / "docs").glob("*.md"))
    assert len(documents) > 10
    others = [path.name for path in documents if not reads_english([path.read_text()])]
    assert others == []


@pytest.mark.parametrize("texts", [[], ["Guten Tag."], ["", "42 17"]])
def test_what_is_too_short_to_tell_counts_as_english(texts):
    assert reads_english(texts)
