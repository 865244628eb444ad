from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.web_adapter.environment import NotEmulatedError
from localcloud.web_adapter.package import MOST_BYTES, check_size, unpack
from tests.support.localcloud.cloud import package
from tests.support.localcloud.function import FUNCTION


def test_package_is_unpacked_once_with_its_modes(tmp_path: Path) -> None:
    root = unpack(package({"run.sh": "#!/bin/sh\n", "pkg/data.txt": "x"}), tmp_path)
    assert root.joinpath("run.sh").stat().st_mode & 0o777 == 0o755
    assert root.joinpath("pkg/data.txt").stat().st_mode & 0o777 == 0o644
    root.joinpath("kept").touch()
    again = unpack(package({"run.sh": "#!/bin/sh\n", "pkg/data.txt": "x"}), tmp_path)
    assert again.joinpath("kept").exists()
    assert [path.name for path in tmp_path.iterdir()] == [root.name]


def test_package_and_layers_together_are_limited(tmp_path: Path) -> None:
    code, layer = tmp_path / "code", tmp_path / "layer" / "python"
    for directory, size in ((code, 1000), (layer, MOST_BYTES - 1000)):
        directory.mkdir(parents=True)
        with (directory / "file").open("wb") as file:
            file.truncate(size)  # no byte is written
    check_size(FUNCTION, [code, layer.parent])
    code.joinpath("more").write_bytes(b"x")
    with pytest.raises(NotEmulatedError, match=f"chat: got {MOST_BYTES + 1} bytes with its layers"):
        check_size(FUNCTION, [code, layer.parent])
