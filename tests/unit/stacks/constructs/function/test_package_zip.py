from __future__ import annotations

import os
import zipfile
from pathlib import Path

from stacks.constructs.function.package_zip import write_zip


def test_directories_are_packed_below_their_paths_and_always_alike(tmp_path: Path) -> None:
    for name in ("libraries/numpy/core.py", "weights/model.bin"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "libraries" / "numpy" / "core.py").chmod(0o700)
    (tmp_path / "weights" / "model.bin").chmod(0o600)
    parts = [("", tmp_path / "libraries"), ("embedder", tmp_path / "weights")]
    write_zip(tmp_path / "one.zip", parts)
    os.utime(tmp_path / "weights" / "model.bin", (1, 1))
    write_zip(tmp_path / "two.zip", parts)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        modes = [oct(each.external_attr >> 16) for each in archive.infolist()]
        assert modes == ["0o755", "0o644"]
        assert archive.namelist() == ["numpy/core.py", "embedder/model.bin"]
        assert archive.read("embedder/model.bin") == b"weights/model.bin"
