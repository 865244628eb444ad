"""A text is cut as llama-perplexity cuts it."""

from __future__ import annotations

from model_artifacts.evaluation.windows import Window, windows


def test_second_half_of_each_window_is_scored() -> None:
    # Of 8 tokens the logits at 4, 5 and 6 count: they foretell 5, 6 and 7.
    assert list(windows(list(range(8)), 8, None)) == [
        Window(tokens=[0, 1, 2, 3, 4, 5, 6], first=4, following=[5, 6, 7], end=8)
    ]


def test_windows_do_not_overlap_and_the_rest_is_left_out() -> None:
    found = list(windows(list(range(11)), 4, None))
    assert [window.tokens for window in found] == [[0, 1, 2], [4, 5, 6]]
    assert [window.following for window in found] == [[3], [7]]


def test_first_token_of_every_text_takes_the_first_place() -> None:
    (window,) = windows([5, 6, 7, 8], 4, 1)
    assert window.tokens == [1, 6, 7]
    assert window.following == [8]


def test_text_shorter_than_a_window_has_none() -> None:
    assert list(windows([1, 2, 3], 4, None)) == []
