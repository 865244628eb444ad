"""The engine's layer: wheel, library and notices in their places; and the examined wheels."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from stacks.constructs.function import engine_layer as layers
from stacks.constructs.function.bundle_error import BundleError
from stacks.constructs.function.engine_layer import build_layer
from tests.support.project import PROJECT

EXAMINED = "2026.10.11549"
"""Of this version the wheel for arm64 was disassembled: no sdot, udot or smmla. A newer one may
have them; then the function belongs on arm64, where a second is a fifth cheaper (ADR 0163)."""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose lock unpacks to stand-ins of the two wheels."""

    def install(_lock: Path, target: Path, _platform: str) -> None:
        for name in (
            "xllamacpp/xllamacpp.so",
            "xllamacpp/xllamacpp.pyx",
            "xllamacpp-1.dist-info/LICENSE",
            "scikit_learn/big.so",
            "scikit_learn.libs/libgomp-1234.so.1.0.0",
            "scikit_learn-1.dist-info/COPYING",
        ):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_text(name)

    monkeypatch.setattr(layers, "install", install)
    (tmp_path / "lambda_api").mkdir()
    (tmp_path / "lambda_api" / "engine.txt").touch()
    return tmp_path


def test_each_part_lies_where_lambda_looks_and_nothing_else_goes_along(root: Path) -> None:
    layer = build_layer(root, "aws-x86_64")
    with zipfile.ZipFile(layer) as archive:
        files = archive.namelist()
    assert set(files) == {
        "python/xllamacpp/xllamacpp.so",
        "python/xllamacpp-1.dist-info/LICENSE",
        "lib/libgomp.so.1",
        "lib/libgomp.so.1.COPYING",
    }
    assert build_layer(root, "aws-x86_64") == layer


def test_setup_brings_it_for_lambda_and_for_this_machine(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    layers.main()
    monkeypatch.setattr(layers, "install", None)  # nothing is left to fetch
    assert build_layer(root, "aws-x86_64") != build_layer(root, "host")


def test_a_wheel_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    (tmp_path / "lambda_api").mkdir()
    lock = tmp_path / "lambda_api" / "engine.txt"
    lock.write_text(f"no-such-engine==1 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(BundleError, match="could not install lambda_api/engine"):
        build_layer(tmp_path, "aws-x86_64")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="error: uv could not install"):
        layers.main()


def test_the_wheels_are_those_that_were_examined() -> None:
    lock = (PROJECT / "lambda_api" / "engine.txt").read_text()
    assert re.findall(r"xllamacpp==(\S+)", lock) == [EXAMINED]
