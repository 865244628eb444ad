"""The functions' packages: built with uv, without Docker, for this machine or for Lambda."""

from __future__ import annotations

import hashlib
import platform as host
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Literal, get_args

import uv

from stacks.constructs.function.bundle_error import BundleError
from stacks.constructs.function.embedder import embedder_directory
from stacks.constructs.function.package_pruning import prune
from stacks.constructs.function.package_zip import Part, write_zip
from stacks.constructs.shared.build_once import build_once

Platform = Literal["aws", "aws-x86_64", "host"]
Source = Literal["lambda_api", "features"]

# Lambda's managed Python 3.13: Amazon Linux 2023, glibc 2.34.
_PYTHON = ("--python-version", "3.13")
_LAMBDA_TARGETS: dict[Platform, tuple[str, ...]] = {
    "aws": ("--python-platform", "aarch64-manylinux_2_28", *_PYTHON),
    "aws-x86_64": ("--python-platform", "x86_64-manylinux_2_28", *_PYTHON),
}
_LOCK = "requirements.txt"
_LAUNCHER = "run.sh"
_SERVICE: Source = "lambda_api"
_FEATURES: Source = "features"
CALLED: dict[Source, frozenset[str]] = {
    _SERVICE: frozenset(
        {
            "application-autoscaling",
            "cloudformation",
            "cloudwatch",
            "dynamodb",
            "events",
            "lambda",
            "s3",
            "sagemaker",
            "sagemaker-runtime",
            "secretsmanager",
            "sqs",
            "ssm",
            "stepfunctions",
        }
    ),
    _FEATURES: frozenset({"bedrock-runtime", "s3", "s3vectors", "sagemaker-runtime", "sqs"}),
}
"""AWS's services that the code of a package calls."""


def build_bundle(root: Path, *, platform: Platform) -> Path:
    """Return the zip of the service's package, building what was not built before.

    Args:
        root: the project's root directory.
        platform: "aws" for Lambda on arm64, "aws-x86_64" for Lambda beside an engine, "host" for
            this machine and this Python.

    Raises:
        BundleError: uv cannot fetch or install the locked packages.
    """
    return _build(root, _SERVICE, platform, root / ".build" / "lambda")


def build_features_bundle(root: Path, *, platform: Platform) -> Path:
    """Return the zip of the features' package with the embedder, building what was not built.

    Raises:
        BundleError: uv cannot fetch or install the locked packages.
    """
    weights = ("embedder", embedder_directory(root))
    return _build(root, _FEATURES, platform, root / ".build" / "features", weights)


def _build(root: Path, source: Source, platform: Platform, target: Path, *parts: Part) -> Path:
    """Return a package's zip, named by its content: our code, dependencies, and further parts.

    Dependencies are kept on their own, so that a change of our code is packaged in a moment and
    without a network. A zip, because a directory would be copied and hashed by each synth, and
    packed by each deployment.
    """
    dependencies = fetch_dependencies(root, platform=platform, source=source)
    code = root / source
    names = [path.name for path in (dependencies, *(directory for _, directory in parts))]
    digest = content_digest(names, _source_files(code), below=code)

    def assemble(built: Path) -> None:
        with tempfile.TemporaryDirectory(dir=target) as scratch:
            ours = Path(scratch)
            _add_source(code, ours, platform)
            write_zip(built, [("", dependencies), *parts, ("", ours)])

    package = target / f"{platform}-{digest}.zip"
    build_once(package, assemble)
    return package


def fetch_dependencies(root: Path, *, platform: Platform, source: Source = _SERVICE) -> Path:
    """Return the directory of the unpacked dependencies, which only the first build fetches.

    Raises:
        BundleError: uv cannot fetch or install the locked packages.
    """
    lock = root / source / _LOCK
    digest = content_digest(
        target_of(platform), [lock, Path(__file__), Path(prune.__code__.co_filename)]
    )
    dependencies = root / ".build" / "dependencies" / f"{platform}-{digest}"
    build_once(dependencies, lambda built: _install(lock, built, platform))
    return dependencies


def target_of(platform: Platform) -> tuple[str, ...]:
    """Return what tells a platform's packages from another's: uv's options, or this Python."""
    return _LAMBDA_TARGETS.get(platform) or (host.platform(), sys.version)


def content_digest(words: Iterable[str], files: Iterable[Path], below: Path | None = None) -> str:
    """Return a package's name: a file counts by its path below a directory, and its content."""
    digest = hashlib.sha256(repr(list(words)).encode())
    for path in files:
        name = path.relative_to(below).as_posix() if below else path.name
        digest.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _source_files(source: Path) -> Iterable[Path]:
    return (path for path in sorted(source.rglob("*")) if path.suffix in {".py", ".sh", ".typed"})


def install(lock: Path, target: Path, platform: Platform) -> None:
    """Unpack the packages of a lock.

    Raises:
        BundleError: uv cannot fetch or install them.
    """
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--color", "never"]
    command += ["--link-mode", "copy", "--target", str(target), "--requirements", str(lock)]
    command += ["--only-binary", ":all:", "--require-hashes", "--no-deps"]
    command += _LAMBDA_TARGETS.get(platform) or ("--python", sys.executable)
    done = subprocess.run(  # noqa: S603 - uv from this environment, arguments of ours
        command, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BundleError(
            f"uv could not install {lock.parent.name}/{lock.name} for platform {platform!r}; the "
            f"first build must reach a package index:\n{done.stderr.strip()}"
        )
    target.mkdir(exist_ok=True)


def _install(lock: Path, target: Path, platform: Platform) -> None:
    """Unpack the locked packages, without what the functions never open, as bytecode."""
    install(lock, target, platform)
    prune(target, next(called for name, called in CALLED.items() if name == lock.parent.name))
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
        copy = package / source.name / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    _compile(package / source.name, platform)
    if (launcher := package / source.name / _LAUNCHER).exists():
        # The handler of the streaming function is a file name, looked up at the package's root.
        launcher.rename(package / _LAUNCHER).chmod(0o755)


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
    where = f"/var/task/{directory.name}" if directory.name in CALLED else "/var/task"
    subprocess.run([*compileall, "-p", where, str(directory)], check=True)  # noqa: S603 - Python
    return True


def main() -> None:
    """Fetch what the packages of every stage need, so that a synth needs no network."""
    try:
        for platform, source in product(get_args(Platform), get_args(Source)):
            fetch_dependencies(Path.cwd(), platform=platform, source=source)
        embedder_directory(Path.cwd())
    except BundleError as error:
        sys.exit(f"error: {error}")


def _find_python(version: str) -> str | None:
    """Return an installed Python of a minor version: bytecode fits only its own."""
    find = [uv.find_uv_bin(), "python", "find", "--no-python-downloads", "--no-project", version]
    found = subprocess.run(find, capture_output=True, text=True, check=False)  # noqa: S603 - uv
    return found.stdout.strip() if found.returncode == 0 else None


if __name__ == "__main__":
    main()
