"""The container images that serve the engines, from the committed images.json."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

IMAGES_PATH = Path(__file__).with_name("images.json")

Processor = Literal["cpu", "gpu"]


@dataclass(frozen=True, kw_only=True)
class ImageSource:
    """The place of an engine's image in AWS's tables, from which `stacks.engines.refresh` reads.

    Attributes:
        table: name of the JSON table.
        processor: "cpu" or "gpu".
        cuda: CUDA of the image when its tag does not say it, e.g. "cu130".
        release: version and tag of an image that is older than the newest of the table, or that
            the table has dropped:
            https://github.com/aws/deep-learning-containers/tree/master/docs/src/data
    """

    table: str
    processor: Processor = "gpu"
    cuda: str | None = None
    release: tuple[str, str] | None = None


class Image(BaseModel):
    """One container image of AWS's Deep Learning Containers.

    Attributes:
        engine: name of the engine in config.
        processor: hardware that the image runs on.
        version: the image's version in AWS's tables.
        repository: ECR repository, the same name in every region.
        tag: ECR tag.
        cuda: CUDA inside the image, e.g. "cu130"; none for CPU images.
        accounts: AWS account that owns the repository, by region.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: str
    processor: Processor
    version: str
    repository: str
    tag: str
    cuda: str | None
    accounts: dict[str, str]


class ImageCatalogue(BaseModel):
    """The images this version of the project deploys.

    Attributes:
        source: package and version the tables were read from.
        images: of each engine and processor the newest first, then an older one for batch hosts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    images: tuple[Image, ...]

    def find(self, engine: str, processor: Processor, cuda: str = "") -> Image | None:
        """Return the engine's newest image for a processor, if there is one.

        Args:
            engine: name of the engine in config.
            processor: hardware that the image runs on.
            cuda: what the name of the image's CUDA must start with; CPU images have none.
        """
        known = (i for i in self.images if (i.engine, i.processor) == (engine, processor))
        return next((i for i in known if i.cuda is None or i.cuda.startswith(cuda)), None)


@cache
def load_images() -> ImageCatalogue:
    """Read the committed images once."""
    return ImageCatalogue.model_validate_json(IMAGES_PATH.read_text())
