"""Files that run code while they load are refused, whatever their names say."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import pytest

from model_artifacts.screening.errors import ScreeningError
from model_artifacts.screening.pickles import check_pickle
from tests.support.model_files import SMALL_GGUF, entry, safetensors_bytes


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["pytorch_model.bin", "a.pt", "a.PTH", "a.ckpt", "a.pkl"])
def test_names_of_pickles_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ScreeningError, match=f"{name}: .* convert to safetensors"):
        check_pickle(tmp_path / name)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickle_under_another_name_is_refused(tmp_path: Path, protocol: int) -> None:
    disguised = tmp_path / "model.safetensors"
    disguised.write_bytes(pickle.dumps({"a": 1}, protocol))
    with pytest.raises(ScreeningError, match=r"model\.safetensors: got a pickle"):
        check_pickle(disguised)


def test_pickle_in_a_zip_is_refused_by_its_name(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "weights", readme=b"hello", data=pickle.dumps([1], 2))
    with pytest.raises(ScreeningError, match=r"weights: got a zip with a pickle \('data'\)"):
        check_pickle(archive)


def test_zip_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ScreeningError, match="weights: got a zip that cannot be read"):
        check_pickle(tmp_path / "weights")


def test_weights_and_texts_pass(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(SMALL_GGUF)
    header = {"a": entry("U8", [1], 0, 1)}
    (tmp_path / "model.safetensors").write_bytes(safetensors_bytes(header, 1))
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "empty").touch()
    for file in [*tmp_path.iterdir(), zipped(tmp_path / "docs.zip", readme=b"hello")]:
        check_pickle(file)
