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
    bundle = root / ".build" / "lambda" / f"{platform}-{_digest(root, platform)}"
    if not bundle.is_dir():
        bundle.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=bundle.parent, prefix=".") as scratch:
            built = Path(scratch) / "package"
            _install(root / _SOURCE / _LOCK, built, platform)
            _add_source(root / _SOURCE, built)
            prune(built)
            _compile(built, platform)
            _move(built, bundle)
    return bundle


def _source_files(source: Path) -> Iterable[Path]:
    return (path for path in sorted(source.rglob("*")) if path.suffix in {".py", ".sh", ".typed"})


def _digest(root: Path, platform: Platform) -> str:
    target = _LAMBDA_TARGET if platform == "aws" else (host.platform(), sys.version)
    digest = hashlib.sha256(repr(target).encode())
    recipe = (Path(__file__), Path(prune.__code__.co_filename))
    for path in (root / _SOURCE / _LOCK, *_source_files(root / _SOURCE), *recipe):
        digest.update(f"{path.name}\0{path.stat().st_mode}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _install(lock: Path, target: Path, platform: Platform) -> None:
    flags = _LAMBDA_TARGET if platform == "aws" else ("--python", sys.executable)
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--link-mode", "copy"]
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


def _compile(package: Path, platform: Platform) -> None:
    """Compile ahead: Lambda's file system is read-only, so every cold start would compile again.

    A zip keeps no useful file times, so the bytecode must not be checked against them. What we
    depend on ships as bytecode alone, half the size; our own code keeps its source for tracebacks.
    """
    python = sys.executable if platform == "host" else _find_python("3.13")
    if python is None:
        note = "note: no Python 3.13 here, so the package ships without bytecode and starts slower"
        print(note, file=sys.stderr)  # noqa: T201
        return
    compileall = [python, "-I", "-m", "compileall", "-q", "-j", "0"]
    compileall += ["--invalidation-mode", "unchecked-hash", "-s", str(package), "-p", "/var/task"]
    for options in (["-b", "-x", f"/{_SOURCE}/", str(package)], [str(package / _SOURCE)]):
        subprocess.run([*compileall, *options], check=True)  # noqa: S603 - a Python interpreter
    for bytecode in package.rglob("*.pyc"):
        bytecode.with_suffix(".py").unlink(missing_ok=True)


def _find_python(version: str) -> str | None:
    """Return an installed Python of a minor version: bytecode fits only its own."""
    found = subprocess.run(  # noqa: S603 - uv from this environment
        [uv.find_uv_bin(), "python", "find", "--no-python-downloads", "--no-project", version],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() if found.returncode == 0 else None


def _move(built: Path, bundle: Path) -> None:
    try:
        built.rename(bundle)
    except OSError:
        if not bundle.is_dir():  # otherwise another build was first, with the same content
            raise
