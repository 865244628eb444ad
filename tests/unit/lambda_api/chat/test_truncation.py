"""Conversations that are cut to the model's context."""

from __future__ import annotations

import pytest

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.truncation import MOST_CUTS, OVERFLOW, cut, cut_to_fit
from lambda_api.errors import InvalidRequestError


def request(*messages):
    return ChatCompletionRequest.model_validate({"model": "twin", "messages": list(messages)})


def said(role, text="x" * 100):
    return {"role": role, "content": text}


def overflow():
    error = InvalidRequestError("too long")
    error.code = OVERFLOW
    return error


def texts(asked):
    return [message.content for message in asked.messages]


CHAT = request(said("system", "be brief"), *[said("user", f"{n:0100}") for n in range(40)])


def test_a_conversation_that_fits_stays_whole():
    assert cut_to_fit(texts, CHAT) == texts(CHAT)


def test_the_oldest_turns_are_dropped_until_the_rest_fits():
    asked = []

    def ask(shorter):
        asked.append(len(shorter.messages))
        if len(shorter.messages) > 21:
            raise overflow()
        return texts(shorter)

    answered = cut_to_fit(ask, CHAT)

    assert answered == ["be brief", *texts(CHAT)[-16:]]
    assert asked == [41, 31, 23, 17]


def test_a_turn_is_dropped_with_its_calls_and_results():
    turn = [said("user"), said("assistant"), said("tool"), said("assistant")]
    shorter = cut(request(*turn, *turn, said("user", "last")))

    assert [message.role for message in shorter.messages] == [
        "user", "assistant", "tool", "assistant", "user",
    ]  # fmt: skip


def test_a_long_turn_goes_before_the_short_ones_after():
    assert texts(cut(request(said("user", "y" * 9000), said("user", "a"), said("user", "b")))) == [
        "a",
        "b",
    ]


@pytest.mark.parametrize(
    "messages",
    [
        [said("user")],
        [said("system"), said("user"), said("assistant")],
        [said("system")],
        [said("assistant"), said("tool")],
    ],
)
def test_the_last_turn_is_never_cut(messages):
    assert cut(request(*messages)) is None


def test_a_last_turn_that_is_too_long_is_refused():
    def ask(_request):
        raise overflow()

    with pytest.raises(InvalidRequestError, match="too long"):
        cut_to_fit(ask, CHAT)


def test_the_number_of_cuts_is_bounded():
    asked = []

    def ask(shorter):
        asked.append(shorter)
        raise overflow()

    with pytest.raises(InvalidRequestError):
        cut_to_fit(ask, request(*[said("user") for _ in range(1000)]))
    assert len(asked) == MOST_CUTS + 1


def test_another_refusal_is_passed_on_at_once():
    asked = []

    def ask(shorter):
        asked.append(shorter)
        raise InvalidRequestError("no")

    with pytest.raises(InvalidRequestError, match="no"):
        cut_to_fit(ask, CHAT)
    assert len(asked) == 1
