from __future__ import annotations

import pytest

from model_artifacts.processing.w4a16 import MOST_WINDOWS, WINDOW_TOKENS, main, windows


def test_windows_are_whole_and_spread_over_the_text() -> None:
    tokens = range(WINDOW_TOKENS * (2 * MOST_WINDOWS + 1) + 7)
    cut = windows(tokens)
    assert len(cut) == MOST_WINDOWS
    assert {len(window) for window in cut} == {WINDOW_TOKENS}
    assert all(window[0] % WINDOW_TOKENS == 0 for window in cut)
    assert cut[0][0] == 0
    assert cut[-1][0] >= WINDOW_TOKENS * (2 * MOST_WINDOWS - 2)


def test_a_text_too_short_to_calibrate_on_is_refused() -> None:
    with pytest.raises(SystemExit, match="got 2048 tokens; must be at least 16384"):
        windows(range(WINDOW_TOKENS))


def test_every_argument_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--model", "m", "--out", "o"])
    assert "required: --text" in capsys.readouterr().err
