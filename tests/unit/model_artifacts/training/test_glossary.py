"""The glossary's entries: names, articles, definitions."""

from __future__ import annotations

import pytest

from model_artifacts.training.glossary import read_glossary


@pytest.fixture
def glossary(tmp_path):
    def write(text: str):
        path = tmp_path / "glossary.md"
        path.write_text(text)
        return path

    return write


def test_bold_phrases_are_the_names_and_the_sentence_is_the_definition(glossary):
    (entry,) = read_glossary(glossary("# Title\n\n- **Prefill phase** (**PF**) reads.\n"))
    assert entry.names == ("prefill phase", "PF")
    assert entry.definition == "Prefill phase (PF) reads."


@pytest.mark.parametrize(
    ("bullet", "singular", "plural"),
    [
        ("An **endpoint** runs.", "an endpoint", "endpoints"),
        ("A **quota** limits.", "a quota", "quotas"),
        ("A **vocabulary** lists.", "a vocabulary", "vocabularies"),
        ("A **large model** (**LLM**) talks.", "an LLM", "LLMs"),
        ("A **deep learning container** (**DLC**) runs.", "a DLC", "DLCs"),
        ("The **KV cache** keeps.", "the KV cache", "KV cache"),
        ("**SageMaker** hosts.", "SageMaker", "SageMaker"),
    ],
)
def test_names_take_the_article_of_their_definition(glossary, bullet, singular, plural):
    (entry,) = read_glossary(glossary(f"- {bullet}\n"))
    assert entry.with_article(entry.names[-1]) == singular
    assert entry.plural(entry.names[-1]) == plural


def test_bullet_without_a_term_is_an_error(glossary):
    with pytest.raises(ValueError, match="1 bullets do not start with"):
        read_glossary(glossary("- no term here\n"))


def test_term_defined_twice_is_an_error(glossary):
    with pytest.raises(ValueError, match="defined twice: slot"):
        read_glossary(glossary("- A **slot** is.\n- **Slot** means.\n"))
