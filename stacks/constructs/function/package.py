"""The functions' package: built with uv, without Docker, for this machine or for Lambda."""

from __future__ import annotations

import hashlib
import os
import platform as host
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import uv

from stacks.constructs.function.package_pruning import prune
from stacks.constructs.shared.build_once import build_once

Platform = Literal["aws", "host"]

# Lambda's managed Python 3.13 on arm64: Amazon Linux 2023, glibc 2.34.
_LAMBDA_TARGET = ("--python-platform", "aarch64-manylinux_2_28", "--python-version", "3.13")
_SOURCE, _LOCK = "lambda_api", "requirements.txt"


class BundleError(Exception):
    """The package cannot be built; the message carries what uv says."""


def build_bundle(root: Path, *, platform: Platform) -> Path:
    """Return the package's directory, building what was not built before.

    Dependencies are kept on their own, so that a change of our code is packaged in a moment and
    without a network.

    Args:
        root: the project's root directory.
        platform: "aws" for Lambda, "host" for this machine and this Python.

    Raises:
        BundleError: uv cannot fetch or install the locked packages.
    """
    source, lock = root / _SOURCE, root / _SOURCE / _LOCK
    target = _LAMBDA_TARGET if platform == "aws" else (host.platform(), sys.version)
    recipe = (Path(__file__), Path(prune.__code__.co_filename))
    below = _digest(target, [lock, *recipe])
    dependencies = root / ".build" / "dependencies" / f"{platform}-{below}"
    build_once(dependencies, lambda built: _install(lock, built, platform))

    def assemble(built: Path) -> None:
        shutil.copytree(dependencies, built, copy_function=os.link)
        _add_source(source, built, platform)

    digest = _digest([below], _source_files(source), below=source)
    package = root / ".build" / "lambda" / f"{platform}-{digest}"
    build_once(package, assemble)
    return package


def _digest(words: Iterable[str], files: Iterable[Path], below: Path | None = None) -> str:
    """Return a package's name: a file counts by its path below a directory, and its content."""
    digest = hashlib.sha256(repr(list(words)).encode())
    for path in files:
        name = path.relative_to(below).as_posix() if below else path.name
        digest.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _source_files(source: Path) -> Iterable[Path]:
    return (path for path in sorted(source.rglob("*")) if path.suffix in {".py", ".sh", ".typed"})


def _install(lock: Path, target: Path, platform: Platform) -> None:
    """Unpack the locked packages, without what the functions never open, as bytecode."""
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--color", "never"]
    command += ["--link-mode", "copy", "--target", str(target), "--requirements", str(lock)]
    command += ["--only-binary", ":all:", "--require-hashes"]
    command += _LAMBDA_TARGET if platform == "aws" else ("--python", sys.executable)
    done = subprocess.run(  # noqa: S603 - uv from this environment, arguments of ours
        command, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BundleError(
            f"uv could not install {_SOURCE}/{_LOCK} for platform {platform!r}; the first build "
            f"must reach a package index:\n{done.stderr.strip()}"
        )
    target.mkdir(exist_ok=True)
    prune(target)
    # -b: bytecode in the source's place and not beside it, so that the source can go.
    if _compile(target, platform, "-b"):
        for bytecode in target.rglob("*.pyc"):
            bytecode.with_suffix(".py").unlink(missing_ok=True)
    else:
        note = "note: no Python 3.13 here, so the package ships without bytecode and starts slower"
        print(note, file=sys.stderr)  # noqa: T201


def _add_source(source: Path, package: Path, platform: Platform) -> None:
    """Add our own code, which keeps its source for tracebacks."""
    for path in _source_files(source):
        copy = package / _SOURCE / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    _compile(package / _SOURCE, platform)
    # The handler of the streaming function is a file name, looked up at the package's root.
    launcher = (package / _SOURCE / "run.sh").rename(package / "run.sh")
    launcher.chmod(0o755)


def _compile(directory: Path, platform: Platform, *options: str) -> bool:
    """Compile ahead: Lambda's file system is read-only, so every cold start would compile again.

    A zip keeps no useful file times, so the bytecode must not be checked against them.

    Returns:
        Whether there is a Python of the minor version that will import it.
    """
    python = sys.executable if platform == "host" else _find_python("3.13")
    if python is None:
        return False
    compileall = [python, "-I", "-m", "compileall", "-q", "-j", "0", *options]
    compileall += ["--invalidation-mode", "unchecked-hash", "-s", str(directory)]
    where = "/var/task/lambda_api" if directory.name == _SOURCE else "/var/task"
    subprocess.run([*compileall, "-p", where, str(directory)], check=True)  # noqa: S603 - Python
    return True


def _find_python(version: str) -> str | None:
    """Return an installed Python of a minor version: bytecode fits only its own."""
    find = [uv.find_uv_bin(), "python", "find", "--no-python-downloads", "--no-project", version]
    found = subprocess.run(find, capture_output=True, text=True, check=False)  # noqa: S603 - uv
    return found.stdout.strip() if found.returncode == 0 else None
