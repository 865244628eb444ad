from __future__ import annotations

from features.handlers.time_left import while_time


class Running:
    """A run with so many seconds left, of which each look takes ten."""

    def __init__(self, seconds: int) -> None:
        self.milliseconds = seconds * 1000

    def get_remaining_time_in_millis(self) -> int:
        self.milliseconds -= 10_000
        return self.milliseconds


def test_all_stores_have_their_turn_while_there_is_time(capsys):
    stores = ["a", "b", "c"]
    assert sorted(while_time(Running(300), stores)) == stores
    assert capsys.readouterr().out == ""


def test_a_run_that_is_about_to_end_says_how_far_it_came(capsys):
    assert len(list(while_time(Running(50), ["a", "b", "c"]))) == 2
    assert '"done": 2, "stores": 3' in capsys.readouterr().out
