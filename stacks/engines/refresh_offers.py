"""The update of offers.json from the price lists inside `cfn-lint`.

Run `python -m stacks.engines.refresh_offers`; cfn-lint takes its regional tables from AWS's price
list: https://github.com/aws-cloudformation/cfn-lint/blob/main/src/cfnlint/maintenance.py
"""

from __future__ import annotations

import json
from collections import defaultdict
from importlib.metadata import distribution
from pathlib import Path

from stacks.engines.instances import CPU_FAMILIES, GPU_FAMILIES, INSTANCE_TYPE
from stacks.engines.offers import OFFERS_PATH, Offers

PACKAGE = "cfn-lint"
TABLES = "cfnlint/data/schemas/extensions"
_SMALL_SIZES = ("nano", "micro", "small", "medium", "large")


def read_offers() -> Offers:
    """Build the offers from the tables of the installed package."""
    installed = distribution(PACKAGE)
    tables = Path(str(installed.locate_file(TABLES)))
    return Offers(
        source=f"{PACKAGE} {installed.version}",
        endpoint=_read(tables / "aws_sagemaker_hosting" / "instancetype_enum.json"),
        transform=_read(tables / "aws_sagemaker_transform" / "instancetype_enum.json"),
    )


def _read(table: Path) -> dict[str, str]:
    """Return the regions of each type of a known family, families and sizes in order."""
    regions: defaultdict[str, set[str]] = defaultdict(set)
    for region, offered in json.loads(table.read_text()).items():
        # A region that is like another one would hold that one's name.
        for type_ in offered["enum"] if isinstance(offered, dict) else ():
            if type_.split(".")[1] in CPU_FAMILIES | GPU_FAMILIES:
                regions[type_].add(region)
    return {type_: " ".join(sorted(regions[type_])) for type_ in sorted(regions, key=_rank)}


def _rank(instance_type: str) -> tuple[str, int, int]:
    match = INSTANCE_TYPE.fullmatch(instance_type)
    assert match is not None  # noqa: S101 - every type of a known family is spelled so
    small = match["times"] is None
    order = _SMALL_SIZES.index(match["size"]) if small else int(match["times"] or 1)
    return match["family"], not small, order


def main() -> None:
    """Write offers.json."""
    OFFERS_PATH.write_text(read_offers().model_dump_json(indent=1) + "\n")


if __name__ == "__main__":
    main()
