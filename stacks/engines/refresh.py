"""The update of images.json from the image tables inside AWS's `sagemaker-core` package.

Run `python -m stacks.engines.refresh` with `sagemaker-core` (or `sagemaker`) installed. Only its
JSON data is read: importing its modules would pull in pandas and scipy.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from stacks.engines import ENGINES
from stacks.engines.images import IMAGES_PATH, Image, ImageCatalogue, ImageSource

PACKAGE = "sagemaker-core"
TABLES = "sagemaker/core/image_uri_config"


class MissingTablesError(Exception):
    """The package with AWS's image tables is not installed."""


def newest(versions: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the highest version of a table and its entry."""
    version = max(versions, key=lambda v: [int(part) for part in v.split(".")])
    return version, versions[version]


def image_tag(entry: dict[str, Any], processor: str) -> str:
    """Spell an image's tag the way the package's `image_uris.retrieve` does."""
    container = entry.get("container_version", {}).get(processor)
    named = processor if container and entry.get("processor_in_tag", True) else None
    parts = (entry["tag_prefix"], named, *entry.get("py_versions", [])[-1:], container)
    return "-".join(part for part in parts if part)


def read_images(package: str = PACKAGE) -> ImageCatalogue:
    """Build the catalogue of images from the tables of an installed package.

    Raises:
        MissingTablesError: the package is not installed.
    """
    try:
        installed = distribution(package)
    except PackageNotFoundError:
        advice = f"run `uv pip install --no-deps {package}` first"
        raise MissingTablesError(f"{package} is not installed; {advice}") from None
    tables = Path(str(installed.locate_file(TABLES)))
    sources = [(engine.name, source) for engine in ENGINES.values() for source in engine.sources]
    # The newest image of every engine and processor comes first.
    sources.sort(key=lambda named: named[1].release is not None)
    return ImageCatalogue(
        source=f"{package} {installed.version}",
        images=tuple(_read_image(engine, source, tables) for engine, source in sources),
    )


def _read_image(engine: str, source: ImageSource, tables: Path) -> Image:
    table = json.loads((tables / f"{source.table}.json").read_text())
    version, entry = newest(table.get("inference", table)["versions"])
    tag = image_tag(entry, source.processor)
    if source.release is not None:
        version, tag = source.release
    cuda = re.search(r"cu\d{3}", tag)
    return Image(
        engine=engine,
        processor=source.processor,
        version=version,
        repository=entry["repository"],
        tag=tag,
        cuda=cuda.group() if cuda else source.cuda,
        accounts={
            region: account
            for region, account in sorted(entry["registries"].items())
            # The API's Lambda Web Adapter layer is published for arm64 in the aws partition only.
            if not region.startswith(("cn-", "us-gov-", "us-iso", "eu-isoe", "eusc-"))
        },
    )


def main() -> None:
    """Write images.json."""
    try:
        images = read_images()
    except MissingTablesError as error:
        sys.exit(f"error: {error}")
    IMAGES_PATH.write_text(images.model_dump_json(indent=2) + "\n")


if __name__ == "__main__":
    main()
