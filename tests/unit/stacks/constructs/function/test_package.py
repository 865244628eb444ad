"""The functions' package: complete, repeatable, and built once for the same content."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from stacks.constructs.function import package as packages
from stacks.constructs.function.bundle_error import BundleError
from stacks.constructs.function.package import build_bundle, build_features_bundle


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
    features = tmp_path / "features"
    features.mkdir()
    (features / "requirements.txt").touch()
    (features / "search.py").write_text("found = []\n")
    return tmp_path


@pytest.fixture(autouse=True)
def _weights(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Stand-ins for the embedder's files, which are fetched otherwise."""
    weights = tmp_path_factory.mktemp("weights")
    (weights / "model.safetensors").touch()
    monkeypatch.setattr(packages, "embedder_directory", lambda _root: weights)


def contents(package: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(package) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_package_holds_the_source_below_its_name_and_the_launcher_at_the_root(root: Path) -> None:
    package = build_bundle(root, platform="host")
    assert package.parent == root / ".build" / "lambda"
    assert {"lambda_api/handler.py", "lambda_api/routers/chat.py", "run.sh"} <= set(
        contents(package)
    )
    with zipfile.ZipFile(package) as archive:
        assert archive.getinfo("run.sh").external_attr >> 16 == 0o755


def test_the_features_package_has_the_embedder_beside_our_code(root: Path) -> None:
    package = build_features_bundle(root, platform="host")
    assert package.parent == root / ".build" / "features"
    assert {"features/search.py", "embedder/model.safetensors"} <= set(contents(package))


def test_our_own_code_ships_with_source_and_bytecode(root: Path) -> None:
    package = contents(build_bundle(root, platform="host"))
    (bytecode,) = (name for name in package if name.startswith("lambda_api/__pycache__/handler."))
    # PEP 552: flags 0b01 mark bytecode that is used without looking at its source.
    assert package[bytecode][4:8] == b"\1\0\0\0"


def test_what_is_fetched_at_setup_is_all_that_a_build_for_any_platform_needs(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    packages.main()
    (root / "lambda_api" / "requirements.txt").touch()  # its time tells nothing
    monkeypatch.setattr(packages, "_install", None)
    for platform in ("aws", "host"):
        assert "run.sh" in contents(build_bundle(root, platform=platform))


def test_the_same_content_is_built_once(root: Path) -> None:
    package = build_bundle(root, platform="host")
    package.write_bytes(b"mark")
    assert build_bundle(root, platform="host") == package
    assert package.read_bytes() == b"mark"


def test_a_file_that_moves_to_another_folder_is_another_package(root: Path) -> None:
    source = root / "lambda_api"
    before = build_bundle(root, platform="host")
    (source / "routers" / "chat.py").rename(source / "chat.py")
    after = build_bundle(root, platform="host")
    assert after != before
    assert "lambda_api/chat.py" in contents(after)


@pytest.mark.parametrize("build", [build_bundle, build_features_bundle])
def test_two_builds_of_the_same_content_are_equal(root: Path, build: Callable[..., Path]) -> None:
    first = build(root, platform="host")
    before = first.read_bytes()
    first.unlink()
    assert build(root, platform="host").read_bytes() == before


def test_a_change_of_source_is_another_package(root: Path) -> None:
    before = build_bundle(root, platform="host")
    (root / "lambda_api" / "handler.py").write_text("answer = 43\n")
    assert build_bundle(root, platform="host") != before


def test_a_change_of_source_installs_nothing_again(root: Path) -> None:
    build_bundle(root, platform="host")
    (dependencies,) = (root / ".build" / "dependencies").iterdir()
    (dependencies / "dependency.py").touch()
    (root / "lambda_api" / "handler.py").write_text("answer = 43\n")
    assert "dependency.py" in contents(build_bundle(root, platform="host"))


def test_a_build_leaves_nothing_else_behind(root: Path) -> None:
    package = build_bundle(root, platform="host")
    assert list(package.parent.iterdir()) == [package]


def test_unreachable_index_is_reported_with_what_uv_says(root: Path) -> None:
    lock = root / "lambda_api" / "requirements.txt"
    lock.write_text(f"no-such-package==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(BundleError, match=r"must reach a package index:[\s\S]*no-such-package"):
        build_bundle(root, platform="aws")
    assert [path for path in (root / ".build").rglob("*") if path.is_file()] == []
