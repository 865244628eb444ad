"""Files that may hold anything are opened, or refused with a reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import (
    Fields,
    is_directory,
    is_there,
    open_file,
    parse_json_object,
    read_json_object,
    shown,
)


def test_a_file_is_opened_at_its_beginning_with_its_size(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"0123456789")
    with open_file(tmp_path / "model") as (file, size):
        assert (file.read(), size) == (b"0123456789", 10)


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"{}")
    (tmp_path / "config.json").symlink_to("blob")
    assert read_json_object(tmp_path / "config.json", 10) == {}


def test_a_git_lfs_pointer_is_named(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4976698672\n"
    (tmp_path / "model").write_text(pointer)
    with (
        pytest.raises(InspectionError, match=r"got a git-lfs pointer; .*\(git lfs pull"),
        open_file(tmp_path / "model"),
    ):
        pass


def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, message in (
        (tmp_path / "pipe", "must be a regular file"),
        (tmp_path, "must be a regular file"),
        (tmp_path / "none", "No such file or directory; must be a readable file"),
        (tmp_path / ("x" * 300), "File name too long"),
        (tmp_path / "a\0b", "null byte"),
    ):
        with pytest.raises(InspectionError, match=message), open_file(path):
            pass


def test_a_name_too_long_to_look_up_is_refused(tmp_path: Path) -> None:
    for look_up in (is_there, is_directory):
        with pytest.raises(InspectionError, match="File name too long; must be readable"):
            look_up(tmp_path / ("x" * 300))


def test_a_link_to_nothing_is_there(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    assert is_there(tmp_path / "link")
    assert not is_there(tmp_path / "link" / "below")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "got no JSON: Expecting value"),
        (b"\xff\xfe", "got no JSON: 'utf-8' codec"),
        (b"[1, 2]", "got a list of 2; must be a JSON object"),
        (b"[" * 100_000, "got JSON nested too deeply"),
        (b'{"a": 1, "a": 2}', "got no JSON: key 'a' stands twice"),
        (b'{"a": ' + b"9" * 5000 + b"}", "got no JSON: Exceeds the limit"),
    ],
)
def test_what_is_no_json_object_is_named(content: bytes, message: str) -> None:
    with pytest.raises(InspectionError, match=rf"^model: {message}"):
        parse_json_object(Path("model"), content)


def test_json_beyond_its_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(b" " * 101)
    with pytest.raises(InspectionError, match="got 101 bytes; must be at most 100"):
        read_json_object(tmp_path / "config.json", 100)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a" * 100, "'" + "a" * 59 + "..."),
        (10**4000, "1" + "0" * 59 + "..."),
        ([[[]]], "a list of 1"),
        ({"a": 1}, "an object"),
        ("\ud800", "'\\ud800'"),
        (None, "None"),
    ],
)
def test_values_are_shown_in_a_line(value: object, text: str) -> None:
    assert shown(value) == text


FIELDS = Fields("x", {"a": 3, "zero": 0, "text": "n", "flag": True, "list": [1, 2], "null": None})


def test_the_first_key_that_is_there_counts() -> None:
    assert FIELDS.number(("none", "null", "a")) == 3
    assert FIELDS.number(("none",)) is None


def test_a_count_may_be_none() -> None:
    assert (FIELDS.count(("zero",)), FIELDS.count(("none",)), FIELDS.count(("a",))) == (0, 0, 3)


@pytest.mark.parametrize("key", ["zero", "text", "flag", "list"])
def test_a_number_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(InspectionError, match=f"x: {key}: got .*; must be 1 to"):
        FIELDS.number((key,))


def test_lists_are_checked_whole() -> None:
    assert FIELDS.numbers("list") == [1, 2]
    with pytest.raises(InspectionError, match="text: got 'n'; must be a list of whole numbers"):
        FIELDS.numbers("text")


def test_truth_has_a_default() -> None:
    assert FIELDS.flag("flag") is True
    assert FIELDS.flag("none", default=True) is True
    assert FIELDS.name("a") is None
