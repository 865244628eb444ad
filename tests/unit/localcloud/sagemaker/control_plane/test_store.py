from __future__ import annotations

from typing import Any

from localcloud.sagemaker.control_plane.store import listing


def names(*documents: dict[str, Any], **parameters: Any) -> list[str]:
    page, _ = listing(documents, parameters, kind="Endpoint")
    return [document["EndpointName"] for document in page]


def endpoint(name: str, created: float, status: str = "InService") -> dict[str, Any]:
    return {"EndpointName": name, "CreationTime": created, "EndpointStatus": status}


ALL = (endpoint("old", 1), endpoint("new", 3), endpoint("Middle", 2, "Failed"))


def test_newest_comes_first() -> None:
    assert names(*ALL) == ["new", "Middle", "old"]


def test_order_can_be_chosen() -> None:
    assert names(*ALL, SortBy="Name", SortOrder="Ascending") == ["Middle", "new", "old"]


def test_filters_apply_together() -> None:
    assert names(*ALL, NameContains="MID") == ["Middle"]
    assert names(*ALL, StatusEquals="InService", CreationTimeAfter=2) == ["new"]
    assert names(*ALL, CreationTimeBefore=1.5) == ["old"]


def test_pages_follow_each_other() -> None:
    first, token = listing(ALL, {"MaxResults": 2}, kind="Endpoint")
    rest, end = listing(ALL, {"MaxResults": 2, **token}, kind="Endpoint")
    assert [one["EndpointName"] for one in [*first, *rest]] == ["new", "Middle", "old"]
    assert end == {}
