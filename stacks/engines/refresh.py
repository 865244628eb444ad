"""Rewrites images.json from the image tables inside AWS's `sagemaker-core` package.

Run `python -m stacks.engines.refresh` with `sagemaker-core` (or `sagemaker`) installed. Only its
JSON data is read: importing its modules would pull in pandas and scipy.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from stacks.engines.images import IMAGES_PATH, Image, ImageCatalogue, Processor

PACKAGE = "sagemaker-core"
TABLES = "sagemaker/core/image_uri_config"


class MissingTablesError(Exception):
    """The package with AWS's image tables is not installed."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where one catalogue entry comes from.

    Attributes:
        engine: name of the engine in config.
        table: name of the JSON table in the package.
        processor: "cpu" or "gpu".
        cuda: CUDA of the image when its tag does not say it, e.g. "cu130".
        release: version and tag of an older image; left out, the newest of the table.
    """

    engine: str
    table: str
    processor: Processor = "gpu"
    cuda: str | None = None
    release: tuple[str, str] | None = None


SOURCES = (
    Source(engine="vllm", table="vllm"),
    Source(engine="llama-cpp", table="llama-cpp", processor="cpu"),
    # CUDA 13.0.2, from .github/config/image/llama_cpp/sagemaker-gpu-amzn2023.yml in
    # https://github.com/aws/deep-learning-containers
    Source(engine="llama-cpp", table="llama-cpp", cuda="cu130"),
    Source(engine="lmi", table="djl-lmi"),
    Source(engine="sglang", table="sglang"),
    Source(engine="tgi", table="huggingface-llm"),
    # The newest with CUDA 12, for batch hosts. The tables have dropped them; the tags are from
    # https://github.com/aws/deep-learning-containers/tree/master/docs/src/data
    Source(
        engine="vllm",
        table="vllm",
        release=("0.19.1", "0.19.1-gpu-py312-cu129-ubuntu22.04-sagemaker"),
    ),
    Source(engine="lmi", table="djl-lmi", release=("0.36.0", "0.36.0-lmi24.0.0-cu129")),
    Source(
        engine="sglang",
        table="sglang",
        release=("0.5.10", "0.5.10-gpu-py312-cu129-ubuntu24.04-sagemaker"),
    ),
)


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
    """Build the catalogue from the tables of an installed package.

    Raises:
        MissingTablesError: the package is not installed.
    """
    try:
        installed = distribution(package)
    except PackageNotFoundError:
        advice = f"run `uv pip install --no-deps {package}` first"
        raise MissingTablesError(f"{package} is not installed; {advice}") from None
    tables = Path(str(installed.locate_file(TABLES)))
    return ImageCatalogue(
        source=f"{package} {installed.version}",
        images=tuple(_read_image(source, tables) for source in SOURCES),
    )


def _read_image(source: Source, tables: Path) -> Image:
    table = json.loads((tables / f"{source.table}.json").read_text())
    version, entry = newest(table.get("inference", table)["versions"])
    tag = image_tag(entry, source.processor)
    if source.release is not None:
        version, tag = source.release
    cuda = re.search(r"cu\d{3}", tag)
    return Image(
        engine=source.engine,
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
    """Write the catalogue."""
    try:
        images = read_images()
    except MissingTablesError as error:
        sys.exit(f"error: {error}")
    IMAGES_PATH.write_text(images.model_dump_json(indent=2) + "\n")


if __name__ == "__main__":
    main()
