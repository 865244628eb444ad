"""What SageMaker offers where, by the committed table."""

from __future__ import annotations

from stacks.engines.offers import load_offers
from stacks.engines.refresh_offers import read_offers


def test_the_table_is_what_the_installed_cfn_lint_says() -> None:
    assert load_offers() == read_offers(), "run python -m stacks.engines.refresh_offers"


def test_types_are_found_by_region_and_regions_by_type() -> None:
    offers = load_offers()
    assert "eu-west-1" not in offers.of_type("ml.g6e.xlarge", "endpoint")
    assert "us-east-1" in offers.of_type("ml.g6e.xlarge", "transform")
    assert offers.of_type("ml.x9.huge", "endpoint") == ()
    here = offers.in_region("eu-west-1", "endpoint")
    assert here.index("ml.g5.xlarge") < here.index("ml.g5.2xlarge") < here.index("ml.g5.12xlarge")


def test_a_region_is_known_where_something_is_offered() -> None:
    assert "us-east-1" in load_offers().regions("transform")
    assert "xx-north-9" not in load_offers().regions("endpoint")
