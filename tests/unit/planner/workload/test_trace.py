"""Requests read from a trace file."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.errors import PlanError
from planner.workload.trace import MONDAY, read_trace

HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
GOOD = "2023-11-16 18:15:46.6805900,374,44\n"


def trace(folder: Path, text: str) -> Path:
    path = folder / "trace.csv"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    return path


def test_a_trace_is_read_as_utc(tmp_path: Path) -> None:
    (chunk,) = read_trace(trace(tmp_path, HEADER + GOOD + "2023-11-16T18:15:47Z,1,2\n"))
    assert chunk.times.tolist() == pytest.approx([1_700_158_546.68059, 1_700_158_547.0])
    assert (chunk.context.tolist(), chunk.generated.tolist()) == ([374, 1], [44, 2])


def test_columns_may_come_in_any_order_with_others_between(tmp_path: Path) -> None:
    text = "GeneratedTokens,Model,TIMESTAMP,ContextTokens\n44,x,2023-11-16 18:15:46,374\n"
    (chunk,) = read_trace(trace(tmp_path, text))
    assert (chunk.context[0], chunk.generated[0]) == (374, 44)


@pytest.mark.parametrize("blank", ["\n", "\r\n", " \t\n", "\n\n\n"])
def test_blank_lines_are_skipped(tmp_path: Path, blank: str) -> None:
    text = blank + HEADER + blank + GOOD + blank + "2023-11-16T18:15:47Z,1,2\n" + blank
    (chunk,) = read_trace(trace(tmp_path, text))
    assert chunk.context.tolist() == [374, 1]


def test_lines_are_counted_with_the_blank_ones(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="line 4: TIMESTAMP: got 'yesterday'"):
        list(read_trace(trace(tmp_path, HEADER + "\n\nyesterday,1,1\n")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: got columns ''; must have TIMESTAMP"),
        ("\x7fELF\udc9f\x00" * 99, r"line 1: got columns '\\x7fELF.+\.\.\.'; must have"),
        (
            HEADER + GOOD + "2023-11-16 18:15:47\udcff,1,1\n",
            "line 3: TIMESTAMP: got .*xff'; must be",
        ),
        (HEADER + GOOD + "x" * 200_000 + ",1,1\n", "line 3: got field larger than field limit"),
        (HEADER + "1700000000,1,1\n", "line 2: TIMESTAMP: got '1700000000'; must be"),
        (HEADER + "9999-12-31 23:59:59,1,1\n", "line 2: TIMESTAMP: .* a year from 2000 to 2099"),
        (HEADER + "0001-01-01,1,1\n", "line 2: TIMESTAMP: .* a year from 2000 to 2099"),
        (HEADER + f"2023-11-16 18:15:47,{'9' * 5000},1\n", "line 2: ContextTokens: got '9999"),
        ("TIMESTAMP,ContextTokens\n", r"line 1: .*missing: GeneratedTokens"),
        (HEADER, "got no requests"),
        (HEADER + "\n \n", "got no requests"),
        (HEADER + ",,\n", "line 2: TIMESTAMP: got ''; must be like"),
        (HEADER + GOOD + "2023-11-16 18:15:45,1,1\n", "line 3: got .*, before the line above"),
        (HEADER + GOOD + "2093-11-16 18:15:45,1,1\n", "line 3: got .*, more than a week after"),
        (HEADER + "yesterday,1,1\n", "line 2: TIMESTAMP: got 'yesterday'; must be like"),
        (HEADER + GOOD + "2023-11-16 18:15:47,0,1\n", "line 3: ContextTokens: got '0'; must be 1"),
        (HEADER + "2023-11-16 18:15:47,5,-1\n", "line 2: GeneratedTokens: got '-1'"),
        (HEADER + "2023-11-16 18:15:47,5,2.5\n", "line 2: GeneratedTokens: got '2.5'"),
        (HEADER + "2023-11-16 18:15:47,5\n", "line 2: got 2 values; must have one for each column"),
    ],
)
def test_what_is_wrong_with_a_trace_is_named_with_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(PlanError, match=message):
        list(read_trace(trace(tmp_path, text)))


def test_a_trace_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="must be a file"):
        list(read_trace(tmp_path / "none.csv"))


def test_burstgpt_is_read_without_its_failed_requests(tmp_path: Path) -> None:
    path = tmp_path / "burst.csv"
    path.write_text(
        "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
        "5,ChatGPT,472,18,490,Conversation log\n"
        "45,ChatGPT,1087,0,1087,API log\n"
        "118.5,GPT-4,417,276,693,Conversation log\n"
    )
    (found,) = read_trace(path)
    assert (found.times - MONDAY).tolist() == [5, 118.5]
    assert (found.context.tolist(), found.generated.tolist()) == ([472, 417], [18, 276])


@pytest.mark.parametrize("time", ["nan", "-1", "soon", "1e12"])
def test_seconds_that_are_none_are_refused(time: str, tmp_path: Path) -> None:
    path = tmp_path / "burst.csv"
    path.write_text(f"Timestamp,Request tokens,Response tokens\n{time},1,1\n")
    with pytest.raises(PlanError, match=r"line 2: Timestamp: got .*; must be seconds, 0 to"):
        list(read_trace(path))


def test_azures_times_of_2024_have_a_zone(tmp_path: Path) -> None:
    path = tmp_path / "azure.csv"
    path.write_text(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00.009930+00:00,2162,5\n"
    )
    (found,) = read_trace(path)
    assert found.times[0] == pytest.approx(1_715_299_200.00993)
