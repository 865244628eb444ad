"""Offers: the instance types that a region has, and the rules of single types.

The words of refusals are from reports: https://github.com/aws/amazon-sagemaker-examples/issues/4128
and https://github.com/autogluon/autogluon-cloud/pull/50.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from localcloud.awsjson.service import ServiceError

_LOCAL_NVME = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*|gr?[5-9]e?|p[5-9][a-z0-9-]*|trn\d\w*)\.\w+")
"""Types with a local NVMe disk, which take no size of a volume:
https://github.com/aws/sagemaker-python-sdk/pull/4828"""


class Offers(BaseModel):
    """Instance types and the regions that have them, for each use.

    Types and regions that are not named are not known, and not refused.

    Attributes:
        endpoint: regions, parted by spaces, of each type that endpoints may run on.
        transform: regions of each type that batch transform jobs may run on.
    """

    model_config = ConfigDict(frozen=True)

    endpoint: Mapping[str, str] = {}
    transform: Mapping[str, str] = {}

    @classmethod
    def read(cls, path: Path | None) -> Offers:
        """Read a JSON file; without one, nothing is known.

        Raises:
            OSError: It cannot be read.
            ValueError: It is malformed.
        """
        return cls() if path is None else cls.model_validate_json(path.read_text())

    def check_endpoint(self, kind: str, region: str) -> None:
        """Refuse a type that the region does not have for endpoints.

        Raises:
            ServiceError: It does not.
        """
        _check(self.endpoint, kind, region)

    def check_transform(self, kind: str, region: str) -> None:
        """Refuse a type that the region does not have for batch transform jobs.

        Raises:
            ServiceError: It does not.
        """
        _check(self.transform, kind, region)


def check_volume(kind: str) -> None:
    """Refuse a volume's size for a type that has a disk of its own.

    Raises:
        ServiceError: It has.
    """
    if _LOCAL_NVME.fullmatch(kind):
        raise ServiceError(
            f"VolumeSize parameter is not allowed for the selected Instance type {kind}"
        )


def _check(offered: Mapping[str, str], kind: str, region: str) -> None:
    regions = offered.get(kind, "").split()
    known = any(region in where.split() for where in offered.values())
    if regions and known and region not in regions:
        raise ServiceError(
            f"Instance type {kind} is not supported for the chosen region. Please choose some "
            "other instance type."
        )
