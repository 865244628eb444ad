from __future__ import annotations

from pathlib import Path

from localcloud.web_adapter.package import unpack
from tests.support.localcloud.cloud import package


def test_package_is_unpacked_once_with_its_modes(tmp_path: Path) -> None:
    root = unpack(package({"run.sh": "#!/bin/sh\n", "pkg/data.txt": "x"}), tmp_path)
    assert root.joinpath("run.sh").stat().st_mode & 0o777 == 0o755
    assert root.joinpath("pkg/data.txt").stat().st_mode & 0o777 == 0o644
    root.joinpath("kept").touch()
    again = unpack(package({"run.sh": "#!/bin/sh\n", "pkg/data.txt": "x"}), tmp_path)
    assert again.joinpath("kept").exists()
    assert [path.name for path in tmp_path.iterdir()] == [root.name]
