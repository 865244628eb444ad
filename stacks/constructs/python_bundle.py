"""Builds the functions' package with uv, without Docker, for this machine or for Lambda."""

import hashlib
import platform as host
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import uv

from stacks.constructs.package_pruning import prune

Platform = Literal["aws", "host"]

# Lambda's managed Python 3.13 on arm64: Amazon Linux 2023, glibc 2.34.
_LAMBDA_TARGET = ("--python-platform", "aarch64-manylinux_2_28", "--python-version", "3.13")
_SOURCE, _LOCK = "lambda_api", "requirements.txt"


class BundleError(Exception):
    """The package cannot be built; the message carries what uv says."""


def build_bundle(root: Path, *, platform: Platform) -> Path:
    """Return the package's directory, building it unless the same one was built before.

    Its name is the digest of all that goes into it, and it appears by a rename: a directory that
    exists is complete, and two builds at once are harmless.

    Args:
        root: the project's root directory.
        platform: "aws" for Lambda, "host" for this machine and this Python.

    Raises:
        BundleError: uv cannot fetch or install the locked packages.
    """
    python = _interpreter(platform)
    digest = _digest(root, target=_target(platform), compiled=python is not None)
    bundle = root / ".build" / "lambda" / f"{platform}-{digest}"
    if not bundle.is_dir():
        bundle.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=bundle.parent, prefix=".") as scratch:
            built = Path(scratch) / "package"
            _install(root / _SOURCE / _LOCK, built, platform)
            _add_source(root / _SOURCE, built)
            prune(built)
            _compile(built, python)
            _move(built, bundle)
    return bundle


def _source_files(source: Path) -> Iterable[Path]:
    return (path for path in sorted(source.rglob("*")) if path.suffix in {".py", ".sh", ".typed"})


def _target(platform: Platform) -> Iterable[str]:
    return _LAMBDA_TARGET if platform == "aws" else (host.platform(), sys.version)


def _digest(root: Path, *, target: Iterable[str], compiled: bool) -> str:
    digest = hashlib.sha256(repr((*target, compiled)).encode())
    recipe = (Path(__file__), Path(prune.__code__.co_filename))
    for path in (root / _SOURCE / _LOCK, *_source_files(root / _SOURCE), *recipe):
        digest.update(f"{path.name}\0{path.stat().st_mode}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _interpreter(platform: Platform) -> str | None:
    """Return a Python of the minor version that will import the package, if there is one."""
    if platform == "host":
        return sys.executable
    found = subprocess.run(  # noqa: S603 - uv from this environment
        [uv.find_uv_bin(), "python", "find", "--no-python-downloads", "--no-project", "3.13"],
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        note = "note: no Python 3.13 here, so the package ships without bytecode and starts slower"
        print(note, file=sys.stderr)  # noqa: T201
        return None
    return found.stdout.strip()


def _install(lock: Path, target: Path, platform: Platform) -> None:
    flags = _LAMBDA_TARGET if platform == "aws" else ("--python", sys.executable)
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--no-config", "--link-mode", "copy"]
    command += ["--only-binary", ":all:", "--require-hashes", "--requirements", str(lock)]
    done = subprocess.run(  # noqa: S603 - uv from this environment, arguments of ours
        [*command, *flags, "--target", str(target)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BundleError(
            f"uv could not install {_SOURCE}/{_LOCK} for platform {platform!r}; the first build "
            f"must reach a package index:\n{done.stderr.strip()}"
        )


def _add_source(source: Path, target: Path) -> None:
    for path in _source_files(source):
        copy = target / _SOURCE / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    # The handler of the streaming function is a file name, looked up at the package's root.
    launcher = (target / _SOURCE / "run.sh").rename(target / "run.sh")
    launcher.chmod(0o755)


def _compile(package: Path, python: str | None) -> None:
    """Compile ahead: Lambda's file system is read-only, so every cold start would compile again.

    A zip keeps no useful file times, so the bytecode must not be checked against them.
    """
    if python is None:
        return
    options = ["--invalidation-mode", "unchecked-hash", "-s", str(package), "-p", "/var/task"]
    subprocess.run(  # noqa: S603 - a Python interpreter
        [python, "-m", "compileall", "-q", *options, str(package)], check=True
    )


def _move(built: Path, bundle: Path) -> None:
    try:
        built.rename(bundle)
    except OSError:
        if not bundle.is_dir():  # otherwise another build was first, with the same content
            raise
