"""Prod's own chat template in vLLM: what the engine reads, and what the template refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI
from tokenizers import Tokenizer

from tests.support import stage_files
from tests.support.prompt_of_prod import prompt_of_prod
from tests.support.vllm_stage import CHECKPOINT, vllm_cloud, vllm_deployment
from twin.client.conversation import connect
from twin.local.deployment import LocalDeployment

MODEL = "twin-demo"
ASKED = {"role": "user", "content": "What is a token?"}
TOLD = {"role": "system", "content": "Be brief."}
SAID = {"role": "assistant", "content": "A piece of text."}
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {"id": "a", "type": "function", "function": {"name": "time", "arguments": "{}"}}
    ],
}
RESULT = {"role": "tool", "tool_call_id": "a", "content": "12:00"}


@pytest.fixture(scope="module")
def templated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    """The stage with prod's template and flags, of which none is for tools."""
    cloud = vllm_cloud(tmp_path_factory.mktemp("templated"))
    cloud.start(stop_with_us=True)
    yield vllm_deployment(
        cloud,
        tmp_path_factory.mktemp("checkout"),
        model__chat_template=stage_files.CHAT_TEMPLATE,
        model__flags=stage_files.PROD["model"]["flags"] | {"num_gpu_blocks_override": 32},
    )
    cloud.stop()


@pytest.fixture(scope="module")
def asking(templated: LocalDeployment) -> Iterator[OpenAI]:
    with connect(templated.deploy()) as client:
        yield client


@pytest.fixture(scope="module")
def tokenizer(templated: LocalDeployment) -> Tokenizer:
    return Tokenizer.from_file(str(templated.project / CHECKPOINT / "tokenizer.json"))


def read_by_engine(client: OpenAI, turns: list[Any]) -> list[int]:
    """The tokens of the prompt."""
    answer = client.chat.completions.create(
        model=MODEL, messages=turns, max_tokens=1, extra_body={"return_token_ids": True}
    )
    assert answer.model_extra is not None
    return [*answer.model_extra["prompt_token_ids"]]


def parts(*texts: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": text} for text in texts]


@pytest.mark.parametrize(
    "turns",
    [
        [ASKED],
        [TOLD, ASKED],
        [ASKED, SAID, ASKED],
        [TOLD, ASKED, SAID, ASKED],
        [ASKED, {"role": "assistant", "content": None}, ASKED],
    ],
    ids=lambda turns: ", ".join(turn["role"] for turn in turns),
)
def test_the_engine_reads_the_prompt_of_the_training(
    asking: OpenAI, tokenizer: Tokenizer, turns: list[Any]
):
    read = read_by_engine(asking, turns)

    prompt = prompt_of_prod(turns, bos="", eos="<|im_end|>")
    assert tokenizer.decode(read, skip_special_tokens=False) == prompt
    assert read == tokenizer.encode(prompt, add_special_tokens=False).ids


def test_instructions_are_one_text_and_parts_are_lines(asking: OpenAI, tokenizer: Tokenizer):
    sent = [
        {"role": "system", "content": parts("Be", "brief.")},
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": parts("What is", "a token?")},
    ]

    read = read_by_engine(asking, sent)

    assert tokenizer.decode(read) == (
        "Be\nbrief.\n\nBe kind.\n\n### Instruction:\nWhat is\na token?\n\n### Response:\n"
    )


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("turns", "why"),
    [
        ([ASKED, CALL], "trained without functions"),
        ([ASKED, CALL, RESULT], "trained without functions"),
        ([ASKED, TOLD, ASKED], "at the beginning alone"),
    ],
    ids=["a call", "a call and its result", "later instructions"],
)
def test_what_the_template_refuses_is_a_bad_request(
    asking: OpenAI, turns: list[Any], why: str, *, stream: bool
):
    with pytest.raises(openai.BadRequestError, match=why) as refusal:
        asking.chat.completions.create(model=MODEL, messages=turns, stream=stream)

    assert refusal.value.type == "invalid_request_error"


def test_functions_cannot_be_offered(asking: OpenAI):
    tool: Any = {"type": "function", "function": {"name": "time"}}

    with pytest.raises(openai.BadRequestError, match="tool") as refusal:
        asking.chat.completions.create(model=MODEL, messages=[ASKED], tools=[tool])

    assert refusal.value.type == "invalid_request_error"
