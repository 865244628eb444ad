"""Documents in the prompt as the service writes them, and questions that they answer."""

from __future__ import annotations

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.retrieval.context import with_context
from lambda_api.retrieval.passages import Passage
from model_artifacts.training.quoting import Block, quote, read_held_out, system_message

HOURS = Block("hours.md", "Opening hours", ("We open at nine.", "We close at six."))
MOON = Block("moon.txt", "Moon > Phases", ("The moon is full.",))


def passage(block: Block) -> Passage:
    return Passage(
        store="docs",
        file_id="file-1",
        filename=block.file,
        path=block.file,
        score=0.5,
        attributes={},
        context=block.heading,
        text=" ".join(block.sentences),
        first=0,
        last=0,
    )


def test_documents_are_written_as_the_service_writes_them() -> None:
    request = ChatCompletionRequest.model_validate(
        {"model": "twin", "messages": [{"role": "user", "content": "?"}]}
    )
    theirs = with_context(request, [passage(HOURS), passage(MOON)]).messages[0]
    assert (theirs.role, theirs.content) == ("system", system_message([HOURS, MOON]))


def test_quote_ends_with_the_number_of_its_document() -> None:
    assert quote(HOURS, 2, sentence=1) == "We close at six. [2]"


def test_every_question_is_about_a_sentence_of_its_document() -> None:
    documents = read_held_out()
    assert sum(len(document.questions) for document in documents) == 76
    for document in documents:
        places = [place for _, place in document.questions]
        assert places == sorted({*places})
        assert places[-1] < len(document.block.sentences)
