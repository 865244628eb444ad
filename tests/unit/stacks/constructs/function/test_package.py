"""The functions' package: complete, repeatable, and built once for the same content."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.constructs.function.package import BundleError, build_bundle


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose functions depend on nothing, so that nothing is fetched."""
    source = tmp_path / "lambda_api"
    (source / "routers").mkdir(parents=True)
    (source / "requirements.txt").touch()
    (source / "run.sh").write_text("#!/bin/sh\n")
    (source / "handler.py").write_text("answer = 42\n")
    (source / "routers" / "chat.py").touch()
    return tmp_path


def contents(package: Path) -> dict[str, bytes]:
    files = (path for path in package.rglob("*") if path.is_file())
    return {path.relative_to(package).as_posix(): path.read_bytes() for path in files}


def test_package_holds_the_source_below_its_name_and_the_launcher_at_the_root(root: Path) -> None:
    package = build_bundle(root, platform="host")
    assert package.parent == root / ".build" / "lambda"
    assert {"lambda_api/handler.py", "lambda_api/routers/chat.py", "run.sh"} <= set(
        contents(package)
    )
    assert (package / "run.sh").stat().st_mode & 0o111 == 0o111


def test_our_own_code_ships_with_source_and_bytecode(root: Path) -> None:
    package = build_bundle(root, platform="host")
    (bytecode,) = (package / "lambda_api" / "__pycache__").glob("handler.*.pyc")
    # PEP 552: flags 0b01 mark bytecode that is used without looking at its source.
    assert bytecode.read_bytes()[4:8] == b"\1\0\0\0"


def test_the_same_content_is_built_once(root: Path) -> None:
    package = build_bundle(root, platform="host")
    (package / "mark").touch()
    assert build_bundle(root, platform="host") == package
    assert (package / "mark").exists()


def test_a_file_that_moves_to_another_folder_is_another_package(root: Path) -> None:
    source = root / "lambda_api"
    before = build_bundle(root, platform="host")
    (source / "routers" / "chat.py").rename(source / "chat.py")
    after = build_bundle(root, platform="host")
    assert after != before
    assert "lambda_api/chat.py" in contents(after)


def test_two_builds_of_the_same_content_are_equal(root: Path) -> None:
    first = build_bundle(root, platform="host")
    before = contents(first)
    first.rename(root / "elsewhere")
    assert contents(build_bundle(root, platform="host")) == before


def test_a_change_of_source_is_another_package(root: Path) -> None:
    before = build_bundle(root, platform="host")
    (root / "lambda_api" / "handler.py").write_text("answer = 43\n")
    assert build_bundle(root, platform="host") != before


def test_a_change_of_source_installs_nothing_again(root: Path) -> None:
    build_bundle(root, platform="host")
    (dependencies,) = (root / ".build" / "dependencies").iterdir()
    (dependencies / "dependency.py").touch()
    (root / "lambda_api" / "handler.py").write_text("answer = 43\n")
    assert (build_bundle(root, platform="host") / "dependency.py").exists()


def test_a_build_leaves_nothing_else_behind(root: Path) -> None:
    package = build_bundle(root, platform="host")
    assert list(package.parent.iterdir()) == [package]


def test_unreachable_index_is_reported_with_what_uv_says(root: Path) -> None:
    lock = root / "lambda_api" / "requirements.txt"
    lock.write_text(f"no-such-package==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(BundleError, match=r"must reach a package index:[\s\S]*no-such-package"):
        build_bundle(root, platform="aws")
    assert [path for path in (root / ".build").rglob("*") if path.is_file()] == []
