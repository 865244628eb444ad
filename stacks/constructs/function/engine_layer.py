"""The layer with llama.cpp: its wheel, and the OpenMP library that the wheel asks the system for.

docs/decisions/0163-the-engine-is-a-layer.md
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.adapter_layers import ENGINE
from stacks.constructs.function.bundle_error import BundleError
from stacks.constructs.function.package import (
    Platform,
    build_bundle,
    content_digest,
    install,
    target_of,
)
from stacks.constructs.function.package_zip import write_zip
from stacks.constructs.shared.build_once import build_once

ARCHITECTURE = lambda_.Architecture.custom(ENGINE)
"""The wheel for arm64 has no dot products, the one for x86_64 has AVX2 and FMA."""

_LOCK = Path("lambda_api") / "engine.txt"
_OPENMP = "libgomp.so.1"


@dataclass(frozen=True)
class EnginePackage:
    """The two zips of a function with an engine.

    Attributes:
        code: zip of the functions' package, for the engine's architecture.
        layer: zip of the engine's layer.
    """

    code: Path
    layer: Path

    @classmethod
    def build(cls, root: Path, *, host: bool) -> EnginePackage:
        """Return the zips, building what was not built before.

        Args:
            root: the project's root directory.
            host: true for this machine and this Python, false for Lambda.

        Raises:
            BundleError: uv cannot fetch or install the locked packages.
        """
        platform: Platform = "host" if host else "aws-x86_64"
        return cls(build_bundle(root, platform=platform), build_layer(root, platform))


def build_layer(root: Path, platform: Platform) -> Path:
    """Return the layer's zip, building what was not built before.

    Raises:
        BundleError: uv cannot fetch or install the locked packages; the wheel may not be there for
            the platform.
    """
    lock = root / _LOCK
    digest = content_digest(target_of(platform), [lock, Path(__file__)])
    layer = root / ".build" / "engine" / f"{platform}-{digest}.zip"

    def pack(built: Path) -> None:
        with tempfile.TemporaryDirectory(dir=layer.parent) as scratch:
            _assemble(lock, Path(scratch), platform)
            write_zip(built, [("", Path(scratch))])

    build_once(layer, pack)
    return layer


def main() -> None:
    """Build the layer for Lambda and for this machine, so that a synth needs no network."""
    try:
        for platform in ("aws-x86_64", "host"):
            build_layer(Path.cwd(), platform)
    except BundleError as error:
        sys.exit(f"error: {error}")


def engine_layer(scope: Construct, construct_id: str, layer: Path) -> lambda_.LayerVersion:
    """Return the layer as the function attaches it."""
    return lambda_.LayerVersion(
        scope,
        construct_id,
        code=lambda_.Code.from_asset(str(layer)),
        compatible_architectures=[ARCHITECTURE],
        description="llama.cpp (MIT), and GCC's libgomp (GPL-3.0 with the runtime exception)",
    )


def _assemble(lock: Path, layer: Path, platform: Platform) -> None:
    """Put the wheel below python/ and the library below lib/, where Lambda looks for each."""
    with tempfile.TemporaryDirectory() as unpacked:
        packages = Path(unpacked)
        install(lock, packages, platform)
        python, lib = layer / "python", layer / "lib"
        lib.mkdir(parents=True)
        for package in packages.glob("xllamacpp*"):
            shutil.copytree(package, python / package.name, ignore=_IGNORED)
        # scikit-learn carries the library in its wheel, under a name of its own; macOS has none.
        for library in packages.glob("scikit_learn.libs/libgomp*"):
            shutil.copyfile(library, lib / _OPENMP)
        for notice in _notices(packages):
            shutil.copyfile(notice, lib / f"{_OPENMP}.{notice.name}")


_IGNORED = shutil.ignore_patterns("*.pyi", "*.pyx", "__pycache__")


def _notices(packages: Path) -> Iterable[Path]:
    return (path for path in packages.glob("scikit_learn-*/**/*") if "COPYING" in path.name)


if __name__ == "__main__":
    main()
